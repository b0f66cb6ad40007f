// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STORE_STATE_BACKUP_H_
#define KSO_COORDINATOR_STORE_STATE_BACKUP_H_

#include <cstdint>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kso::coordinator {

// Copies of databases that another connection, of this process or another one,
// may be writing to at the moment (SQLite's online backup API,
// sqlite.org/backup.html). A copy has all commits up to one moment, and nobody
// waits for it. `to` is a file that is not there yet.

absl::Status CopyDatabase(const std::filesystem::path& from,
                          const std::filesystem::path& to);

// Copies the journal of a state directory, and reads the copy as a start of the
// coordinator does. Returns the number of its records. DATA_LOSS when it is
// damaged.
absl::StatusOr<int64_t> CopyJournal(
    const std::filesystem::path& state_directory,
    const std::filesystem::path& to);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STORE_STATE_BACKUP_H_
