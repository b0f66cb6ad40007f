// SPDX-License-Identifier: Apache-2.0
#include "coordinator/service/blob_guard.h"

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/access/role.h"
#include "coordinator/access/audit_log.h"
#include "coordinator/access/principal.h"

namespace kso::coordinator {
namespace {

// Waits for the engine's answer.
absl::StatusOr<bool> WorksOnBlobs(Engine& engine, const std::string& worker) {
  struct Answer {
    absl::Notification come;
    absl::StatusOr<bool> works;
  };
  const auto answer = std::make_shared<Answer>();
  engine.WorksOnBlobs(worker, [answer](absl::StatusOr<bool> works) {
    answer->works = works;
    answer->come.Notify();
  });
  answer->come.WaitForNotification();
  return answer->works;
}

absl::Status CheckLease(Engine& engine, const std::string& worker) {
  const absl::StatusOr<bool> works = WorksOnBlobs(engine, worker);
  if (!works.ok()) return works.status();
  if (*works) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("worker ", worker,
                   " holds no lease of a build whose images are in the farm's "
                   "own store, and has nothing to do with its blobs"));
}

}  // namespace

BlobGuard CreateBlobGuard(Engine* engine, const Doors& doors) {
  return [engine, doors](const grpc::ServerContextBase& context, BlobUse use) {
    const Principal who = CallerOf(*doors.authenticator, context);
    if (who.how == IdentifiedBy::kOpenFarm) return absl::OkStatus();
    const bool reads = use == BlobUse::kRead;
    if (reads && who.roles.Allows({access::Role::kView})) {
      return absl::OkStatus();
    }
    const absl::Status status = CheckLease(*engine, who.name);
    if (absl::IsPermissionDenied(status)) {
      Deed deed;
      deed.who = who;
      deed.what = reads ? "read a blob" : "write a blob";
      deed.outcome = status;
      doors.audit->Note(deed);
    }
    return status;
  };
}

}  // namespace kso::coordinator
