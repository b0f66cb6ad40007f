// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/principal.h"

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using access::Role;

Principal Named(Role role) {
  return {.name = "alice",
          .roles = {role},
          .how = IdentifiedBy::kCertificate,
          .id = "spiffe://farm/kso/view/alice",
          .remote = "192.0.2.7:1"};
}

TEST(PrincipalTest, WhoHasTheRoleIsLetIn) {
  EXPECT_TRUE(CheckRoles(Named(Role::kView), {Role::kView}, "GetBuild").ok());
  EXPECT_TRUE(CheckRoles(Named(Role::kAdmin), {Role::kWork}, "Sync").ok());
}

TEST(PrincipalTest, WhoHasAnotherRoleIsToldWhichIsNeeded) {
  const absl::Status status =
      CheckRoles(Named(Role::kView), {Role::kSubmit}, "CancelBuild");
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  for (const char* word : {"CancelBuild", "role submit", "alice", "view"}) {
    EXPECT_TRUE(absl::StrContains(status.message(), word)) << status;
  }
}

TEST(PrincipalTest, WhoHasNoIdentityIsToldHowToShowOne) {
  const absl::Status status = CheckRoles({}, {Role::kView}, "ListBuilds");
  EXPECT_TRUE(absl::IsUnauthenticated(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "$KSO_TOKEN")) << status;
}

TEST(PrincipalTest, AWorkerIsItsOwnNameOnly) {
  EXPECT_TRUE(CheckWorkerName(Named(Role::kWork), "alice").ok());
  for (const char* name : {"bob", "", "Alice", "alice ", "alic"}) {
    EXPECT_TRUE(
        absl::IsPermissionDenied(CheckWorkerName(Named(Role::kWork), name)))
        << name;
  }
  // An admin certificate is no way to take a worker over either.
  EXPECT_FALSE(CheckWorkerName(Named(Role::kAdmin), "bob").ok());
}

TEST(PrincipalTest, OnAnOpenFarmWorkersNameThemselves) {
  Principal local = Named(Role::kAdmin);
  local.name = "local";
  local.how = IdentifiedBy::kOpenFarm;
  EXPECT_TRUE(CheckWorkerName(local, "box-1").ok());
}

}  // namespace
}  // namespace kso::coordinator
