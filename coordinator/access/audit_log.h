// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_AUDIT_LOG_H_
#define KSO_COORDINATOR_ACCESS_AUDIT_LOG_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/access/principal.h"
#include "kso/v1/access.pb.h"

namespace kso::coordinator {

// Something that a caller did, or was not allowed to do.
struct Deed {
  Principal who;
  // The method's name, "CancelBuild", or the request's, "POST
  // /api/v1/builds/ID/cancel".
  std::string what;
  // The build, worker, token or certificate that it concerns: "build 4f2a...",
  // "worker box-1", "token 1c9e...". Text from outside is allowed here; the log
  // makes it printable. May be empty.
  std::string on;
  // How it ended: OK, or an error. UNAUTHENTICATED and PERMISSION_DENIED mean
  // that it was not allowed.
  absl::Status outcome;
};

// The record of deeds. What changes the farm is a deed, and so is what was
// refused; reading builds, Sync and WatchBuild are not, unless refused.
// Thread safe.
class AuditLog {
 public:
  virtual ~AuditLog() = default;

  // Writes the deed down soon. Never waits, and never fails for the caller.
  // Of a flood only some are written, so that nobody fills the disk, or drives
  // out what is written there: of refusals and failures, and of what is done
  // again and again. The number of records that are not written, for that
  // reason or since the disk did not take them, is in the next one that is.
  virtual void Note(const Deed& deed) = 0;

  // The newest `most` records that are not older than `since`, oldest first.
  // Waits for the disk. Records that could not be written are not among them.
  virtual absl::StatusOr<std::vector<v1::AuditRecord>> Read(absl::Time since,
                                                            size_t most) = 0;
};

// One that forgets everything, for tests and tools. Lives for ever.
AuditLog* NoAuditLog();

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_AUDIT_LOG_H_
