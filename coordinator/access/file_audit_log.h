// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_FILE_AUDIT_LOG_H_
#define KSO_COORDINATOR_ACCESS_FILE_AUDIT_LOG_H_

#include <cstdint>
#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/run/clock.h"
#include "coordinator/access/audit_log.h"

namespace kso::coordinator {

// Bounds for what the audit log takes of a disk.
struct AuditLimits {
  // A file that would become larger is renamed, and a new one begun.
  int64_t file_bytes = int64_t{16} << 20;
  // How many renamed files are kept; the oldest goes.
  int old_files = 8;
  // The refusals and failures that are written down in each `refusal_period`,
  // and the deeds besides. One that only repeats the last on what it concerns,
  // such as cancelling a build twice, is not.
  int refusals = 200;
  int deeds = 2000;
  absl::Duration refusal_period = absl::Minutes(1);
  // The records that wait for the disk. Further ones are left out and counted.
  int waiting = 4096;
};

inline constexpr char kAuditFile[] = "audit.jsonl";

// The log in DIRECTORY/audit.jsonl (mode 0600), a line a deed (audit_line.h),
// and audit.jsonl.1 (the newest) to audit.jsonl.N before it. Lines are only
// ever appended; a collector may follow the file by name, as logrotate's users
// do. A thread of its own writes, and waits for the disk after each portion.
// PERMISSION_DENIED and so on when it cannot be opened. `clock` must outlive
// it.
absl::StatusOr<std::unique_ptr<AuditLog>> OpenFileAuditLog(
    const std::filesystem::path& directory, Clock* clock,
    const AuditLimits& limits = {});

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_FILE_AUDIT_LOG_H_
