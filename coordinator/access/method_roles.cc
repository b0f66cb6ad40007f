// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/method_roles.h"

#include <algorithm>
#include <iterator>

#include "absl/container/flat_hash_map.h"
#include "common/base/strings.h"

namespace kso::coordinator {
namespace {

using access::Role;

constexpr access::RoleSet kView = {Role::kView};
constexpr access::RoleSet kSubmit = {Role::kSubmit};
constexpr access::RoleSet kWork = {Role::kWork};
constexpr access::RoleSet kAdmin = {Role::kAdmin};
// Workers read blobs to verify images, and people to bring images home.
constexpr access::RoleSet kReadBlobs = {Role::kView, Role::kWork};
constexpr access::RoleSet kAnyRole = {Role::kView, Role::kSubmit, Role::kWork,
                                      Role::kAdmin};

constexpr bool kOpenToEverybody = true;

constexpr MethodRule kRules[] = {
    {"/kso.v1.BuildService/SubmitBuild", kSubmit},
    {"/kso.v1.BuildService/GetBuild", kView},
    {"/kso.v1.BuildService/ListBuilds", kView},
    {"/kso.v1.BuildService/WatchBuild", kView},
    {"/kso.v1.BuildService/CancelBuild", kSubmit},
    {"/kso.v1.BuildService/RetryBuild", kSubmit},
    {"/kso.v1.BuildService/SetPriority", kSubmit},
    {"/kso.v1.BuildService/ForgetBuild", kSubmit},

    {"/kso.v1.WorkerService/Sync", kWork},

    {"/kso.v1.BlobService/StatBlobs", kReadBlobs},
    {"/kso.v1.BlobService/DownloadBlob", kReadBlobs},
    {"/kso.v1.BlobService/LocateBlobs", kReadBlobs},
    {"/kso.v1.BlobService/UploadBlob", kWork},
    {"/kso.v1.BlobService/AdoptBlob", kWork},

    {"/kso.v1.AdminService/ListWorkers", kView},
    {"/kso.v1.AdminService/DrainWorker", kAdmin},
    {"/kso.v1.AdminService/UndrainWorker", kAdmin},
    {"/kso.v1.AdminService/DistrustWorker", kAdmin},
    {"/kso.v1.AdminService/TrustWorker", kAdmin},
    {"/kso.v1.AdminService/PruneCache", kAdmin},
    {"/kso.v1.AdminService/GetVersion", kAnyRole},

    {"/kso.v1.BackupService/CreateBackup", kAdmin},

    {"/kso.v1.EnrollmentService/InviteWorker", kAdmin},
    {"/kso.v1.EnrollmentService/Enroll", {}, kOpenToEverybody},
    {"/kso.v1.EnrollmentService/RenewCertificate", kWork},

    {"/kso.v1.AccessService/CreateToken", kAdmin},
    {"/kso.v1.AccessService/ListTokens", kAdmin},
    {"/kso.v1.AccessService/RevokeToken", kAdmin},
    {"/kso.v1.AccessService/ListAudit", kAdmin},

    // gRPC's own services. A probe has no identity, and Watch holds a stream.
    {"/grpc.health.v1.Health/Check", {}, kOpenToEverybody},
    {"/grpc.health.v1.Health/Watch", kAnyRole},
    {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", kView},
};

static_assert(std::all_of(std::begin(kRules), std::end(kRules),
                          [](const MethodRule& rule) {
                            return rule.roles.empty() == rule.open_to_everybody;
                          }),
              "a method asks for a role, or says that it asks for none");

constexpr bool HasLine(std::string_view method) {
  return std::any_of(
      std::begin(kRules), std::end(kRules),
      [method](const MethodRule& rule) { return rule.method == method; });
}

// A method that somebody adds to a service in proto/ needs a line above, or
// this does not compile.
#define KSO_METHOD(method)       \
  static_assert(HasLine(method), \
                method " has no line in kRules: say which roles may call it");
#include "proto/methods.inc"
#undef KSO_METHOD

}  // namespace

const MethodRule* RuleOf(std::string_view method) {
  static const auto* const kByMethod = [] {
    auto* by_method =
        new absl::flat_hash_map<absl::string_view, const MethodRule*>();
    for (const MethodRule& rule : kRules) {
      by_method->emplace(ToAbsl(rule.method), &rule);
    }
    return by_method;
  }();
  const auto found = kByMethod->find(ToAbsl(method));
  return found == kByMethod->end() ? nullptr : found->second;
}

std::vector<MethodRule> AllMethodRules() {
  return std::vector<MethodRule>(std::begin(kRules), std::end(kRules));
}

std::string_view ShortMethodName(std::string_view method) {
  const size_t slash = method.rfind('/');
  return slash == std::string_view::npos ? method : method.substr(slash + 1);
}

}  // namespace kso::coordinator
