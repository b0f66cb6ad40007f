#ifndef KSO_COORDINATOR_STORE_SQLITE_STATE_STORE_H_
#define KSO_COORDINATOR_STORE_SQLITE_STATE_STORE_H_

#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "coordinator/store/state_store.h"

namespace kso::coordinator {

// What is on disk in a state directory:
//
//   <directory>/lock           held by the process that uses the directory
//   <directory>/state.sqlite   SQLite in WAL mode, synchronous FULL:
//     meta(key TEXT PRIMARY KEY, value)           'format' is kStateFormat
//     journal(sequence INTEGER PRIMARY KEY, record BLOB NOT NULL)
//         records in order, from 1, without gaps; each a JournalRecord
inline constexpr int kStateFormat = 1;

// Opens the journal of a state directory, and makes both when needed.
// FAILED_PRECONDITION when another process uses the directory, or when a newer
// kso wrote it; DATA_LOSS when it is damaged; PERMISSION_DENIED.
absl::StatusOr<std::unique_ptr<StateStore>> OpenSqliteStateStore(
    const std::filesystem::path& directory);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STORE_SQLITE_STATE_STORE_H_
