// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/method_roles.h"

#include <fstream>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using access::Role;
using access::RoleSet;

// The services of gRPC's own libraries (common/rpc/introspection.h).
const std::set<std::string> kLibraryMethods = {
    "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"};

// The methods of all services in proto/kso/v1, also of files that nothing links
// yet.
std::set<std::string> MethodsOfDescriptors() {
  google::protobuf::FileDescriptorSet files;
  std::ifstream file("proto/descriptors.binpb", std::ios::binary);
  EXPECT_TRUE(files.ParseFromIstream(&file));
  std::set<std::string> methods;
  for (const auto& described : files.file()) {
    for (const auto& service : described.service()) {
      for (const auto& method : service.method()) {
        methods.insert(absl::StrCat("/", described.package(), ".",
                                    service.name(), "/", method.name()));
      }
    }
  }
  return methods;
}

std::set<std::string> MethodsOfTable() {
  std::set<std::string> methods;
  for (const MethodRule& rule : AllMethodRules()) {
    EXPECT_TRUE(methods.emplace(rule.method).second)
        << rule.method << " has two lines";
  }
  return methods;
}

TEST(MethodRolesTest, EveryMethodOfEveryServiceHasALine) {
  std::set<std::string> described = MethodsOfDescriptors();
  EXPECT_GE(described.size(), 19) << "not all services were found";
  described.insert(kLibraryMethods.begin(), kLibraryMethods.end());
  EXPECT_EQ(described, MethodsOfTable())
      << "add a line to coordinator/access/method_roles.cc";
}

// A method that is left out there would build without a role.
TEST(MethodRolesTest, TheBuildComparesTheTableWithEveryMethod) {
  const std::set<std::string> compared = {
#define KSO_METHOD(method) method,
#include "proto/methods.inc"
#undef KSO_METHOD
  };
  EXPECT_EQ(compared, MethodsOfDescriptors());
}

TEST(MethodRolesTest, EveryLineAsksForARoleOrSaysThatItAsksForNone) {
  for (const MethodRule& rule : AllMethodRules()) {
    EXPECT_EQ(rule.roles.empty(), rule.open_to_everybody) << rule.method;
  }
}

TEST(MethodRolesTest, OnlyJoiningAndProbesAreOpenToEverybody) {
  for (const MethodRule& rule : AllMethodRules()) {
    EXPECT_EQ(rule.open_to_everybody,
              rule.method == "/kso.v1.EnrollmentService/Enroll" ||
                  rule.method == "/grpc.health.v1.Health/Check")
        << rule.method;
  }
}

TEST(MethodRolesTest, WhatIsNotInTheTableHasNoRule) {
  for (const char* method :
       {"", "/", "SubmitBuild", "/kso.v1.BuildService/submitBuild",
        "/kso.v1.BuildService/SubmitBuild/", "/kso.v1.BuildService//GetBuild",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"}) {
    EXPECT_EQ(RuleOf(method), nullptr) << method;
  }
}

// Users rely on this table: it is in docs/security.md.
TEST(MethodRolesTest, RolesMayDoWhatIsDocumented) {
  const auto may = [](Role role, const char* method) {
    const MethodRule* rule = RuleOf(method);
    return rule != nullptr && RoleSet({role}).Allows(rule->roles);
  };
  for (const char* method :
       {"/kso.v1.BuildService/SubmitBuild", "/kso.v1.BuildService/CancelBuild",
        "/kso.v1.BuildService/RetryBuild", "/kso.v1.BuildService/SetPriority",
        "/kso.v1.BuildService/ForgetBuild"}) {
    EXPECT_TRUE(may(Role::kSubmit, method)) << method;
    EXPECT_FALSE(may(Role::kView, method)) << method;
    EXPECT_FALSE(may(Role::kWork, method)) << method;
  }
  for (const char* method :
       {"/kso.v1.BuildService/GetBuild", "/kso.v1.BuildService/ListBuilds",
        "/kso.v1.BuildService/WatchBuild", "/kso.v1.AdminService/ListWorkers",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"}) {
    EXPECT_TRUE(may(Role::kView, method)) << method;
    EXPECT_TRUE(may(Role::kSubmit, method)) << method;
    EXPECT_FALSE(may(Role::kWork, method)) << method;
  }
  for (const char* method :
       {"/kso.v1.WorkerService/Sync", "/kso.v1.BlobService/UploadBlob",
        "/kso.v1.BlobService/AdoptBlob"}) {
    EXPECT_TRUE(may(Role::kWork, method)) << method;
    EXPECT_FALSE(may(Role::kSubmit, method)) << method;
    EXPECT_FALSE(may(Role::kView, method)) << method;
  }
  EXPECT_TRUE(may(Role::kWork, "/kso.v1.EnrollmentService/RenewCertificate"));
  EXPECT_FALSE(
      may(Role::kSubmit, "/kso.v1.EnrollmentService/RenewCertificate"));
  for (const char* method :
       {"/kso.v1.EnrollmentService/InviteWorker",
        "/kso.v1.AdminService/DrainWorker",
        "/kso.v1.AdminService/DistrustWorker",
        "/kso.v1.AdminService/TrustWorker", "/kso.v1.AccessService/CreateToken",
        "/kso.v1.AccessService/ListTokens", "/kso.v1.AccessService/RevokeToken",
        "/kso.v1.AccessService/ListAudit"}) {
    EXPECT_TRUE(may(Role::kAdmin, method)) << method;
    for (const Role role : {Role::kView, Role::kSubmit, Role::kWork}) {
      EXPECT_FALSE(may(role, method)) << method;
    }
  }
  EXPECT_TRUE(may(Role::kView, "/kso.v1.BlobService/DownloadBlob"));
  EXPECT_TRUE(may(Role::kWork, "/kso.v1.BlobService/DownloadBlob"));
}

TEST(MethodRolesTest, MethodsHaveShortNames) {
  EXPECT_EQ(ShortMethodName("/kso.v1.BuildService/GetBuild"), "GetBuild");
  EXPECT_EQ(ShortMethodName("GetBuild"), "GetBuild");
}

}  // namespace
}  // namespace kso::coordinator
