// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/access_gate.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "coordinator/access/farm_authenticator.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

// Keeps the deeds for the test to look at.
class Deeds : public AuditLog {
 public:
  void Note(const Deed& deed) override { deeds.push_back(deed); }
  absl::StatusOr<std::vector<v1::AuditRecord>> Read(absl::Time,
                                                    size_t) override {
    return std::vector<v1::AuditRecord>();
  }
  std::vector<Deed> deeds;
};

class AccessGateTest : public ::testing::Test {
 protected:
  absl::Status Admit(const std::string& method, const rpc::CallProof& proof) {
    return gate_->Admit(method, proof);
  }
  static rpc::CallProof With(const std::string& role) {
    rpc::CallProof proof;
    proof.has_certificate = true;
    proof.uris = {"spiffe://farm/kso/" + role + "/alice"};
    return proof;
  }

  Deeds deeds_;
  const std::unique_ptr<Authenticator> authenticator_ =
      CreateAuthenticator({.certificates = true});
  const std::shared_ptr<rpc::CallGate> gate_ = CreateAccessGate(
      {.authenticator = authenticator_.get(), .audit = &deeds_});
};

constexpr char kCancel[] = "/kso.v1.BuildService/CancelBuild";

TEST_F(AccessGateTest, WhoHasTheRoleIsAdmittedWithoutALine) {
  EXPECT_TRUE(Admit(kCancel, With("submit")).ok());
  EXPECT_TRUE(Admit(kCancel, With("admin")).ok());
  EXPECT_TRUE(Admit("/kso.v1.WorkerService/Sync", With("work")).ok());
  EXPECT_TRUE(deeds_.deeds.empty());
}

TEST_F(AccessGateTest, WhoHasAnotherRoleIsRefusedAndWrittenDown) {
  EXPECT_TRUE(absl::IsPermissionDenied(Admit(kCancel, With("view"))));
  EXPECT_TRUE(absl::IsPermissionDenied(Admit(kCancel, With("work"))));
  ASSERT_EQ(deeds_.deeds.size(), 2);
  EXPECT_EQ(deeds_.deeds[0].who.name, "alice");
  EXPECT_EQ(deeds_.deeds[0].what, "CancelBuild");
  EXPECT_TRUE(absl::IsPermissionDenied(deeds_.deeds[0].outcome));
}

TEST_F(AccessGateTest, WhoProvesNothingIsRefusedAndWrittenDown) {
  EXPECT_TRUE(absl::IsUnauthenticated(Admit(kCancel, {})));
  EXPECT_TRUE(absl::IsUnauthenticated(Admit(kCancel, With("root"))));
  ASSERT_EQ(deeds_.deeds.size(), 2);
  EXPECT_EQ(deeds_.deeds[0].who.name, "nobody");
}

TEST_F(AccessGateTest, OtherSchemesThanBearerProveNothing) {
  for (const char* header : {"Basic YWxpY2U6aHVudGVyMg==", "Bearer ", "Bearer",
                             "kso_0123456789abcdef", "Bearer nothing"}) {
    rpc::CallProof proof = With("admin");
    proof.authorization = header;
    const absl::Status status = Admit(kCancel, proof);
    EXPECT_TRUE(absl::IsUnauthenticated(status)) << header;
    EXPECT_FALSE(absl::StrContains(status.message(), "YWxpY2U")) << status;
  }
}

TEST_F(AccessGateTest, SeveralTokensProveNothing) {
  rpc::CallProof proof = With("admin");
  proof.several_authorizations = true;
  EXPECT_TRUE(absl::IsUnauthenticated(Admit(kCancel, proof)));
  ASSERT_EQ(deeds_.deeds.size(), 1);
  EXPECT_EQ(deeds_.deeds[0].who.name, "nobody");
}

TEST_F(AccessGateTest, UnknownMethodsAreNobodys) {
  for (const char* method :
       {"", "/", "/kso.v1.BuildService/Forget\x1b[31m",
        "/grpc.health.v1.Health/List", "kso.v1.BuildService/CancelBuild"}) {
    const absl::Status status = Admit(method, With("admin"));
    EXPECT_TRUE(absl::IsUnimplemented(status)) << method;
    EXPECT_FALSE(absl::StrContains(status.message(), "\x1b"));
  }
}

TEST_F(AccessGateTest, AProbeNeedsNoIdentityAndReflectionDoes) {
  constexpr char kReflect[] =
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  EXPECT_TRUE(Admit("/grpc.health.v1.Health/Check", {}).ok());
  EXPECT_TRUE(
      absl::IsUnauthenticated(Admit("/grpc.health.v1.Health/Watch", {})));
  EXPECT_TRUE(Admit("/grpc.health.v1.Health/Watch", With("work")).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(Admit(kReflect, {})));
  EXPECT_TRUE(absl::IsPermissionDenied(Admit(kReflect, With("work"))));
  EXPECT_TRUE(Admit(kReflect, With("view")).ok());
}

TEST_F(AccessGateTest, OnAnOpenFarmEverybodyIsAdmitted) {
  const auto gate = CreateAccessGate(OpenDoors());
  EXPECT_TRUE(gate->Admit(kCancel, {}).ok());
  EXPECT_TRUE(gate->Admit("/kso.v1.AccessService/CreateToken", {}).ok());
}

}  // namespace
}  // namespace kso::coordinator
