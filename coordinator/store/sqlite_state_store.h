// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STORE_SQLITE_STATE_STORE_H_
#define KSO_COORDINATOR_STORE_SQLITE_STATE_STORE_H_

#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "coordinator/store/state_store.h"

namespace kso::coordinator {

// The files of a state directory:
//
//   <directory>/lock           held by the process that uses the directory
//   <directory>/state.sqlite   SQLite in WAL mode, synchronous FULL; its tables
//                              are described in sqlite_format.h
//   <directory>/commits        how many commits there were (commit_mark.h)
//
// Damage to any of them is found when they are opened and replayed.
inline constexpr char kJournalFile[] = "state.sqlite";

// Opens the journal of a state directory, and makes both when needed.
// FAILED_PRECONDITION when another process uses the directory, or when a newer
// kso wrote it; DATA_LOSS when it is damaged; PERMISSION_DENIED.
absl::StatusOr<std::unique_ptr<StateStore>> OpenSqliteStateStore(
    const std::filesystem::path& directory);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STORE_SQLITE_STATE_STORE_H_
