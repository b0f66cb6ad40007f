// SPDX-License-Identifier: Apache-2.0
#include "coordinator/store/state_backup.h"

#include <memory>

#include "common/base/status_macros.h"
#include "common/files/private_directory.h"
#include "coordinator/store/sqlite_database.h"
#include "coordinator/store/sqlite_journal.h"
#include "coordinator/store/sqlite_state_store.h"

namespace kso::coordinator {

absl::Status CopyDatabase(const std::filesystem::path& from,
                          const std::filesystem::path& to) {
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteDatabase> source,
                       SqliteDatabase::Open(from.string()));
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteDatabase> copy,
                       SqliteDatabase::Open(to.string()));
  KSO_RETURN_IF_ERROR(source->CopyTo(*copy));
  return MakePrivateFile(to);
}

absl::StatusOr<int64_t> CopyJournal(
    const std::filesystem::path& state_directory,
    const std::filesystem::path& to) {
  KSO_RETURN_IF_ERROR(CopyDatabase(state_directory / kJournalFile, to));
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteDatabase> copy,
                       SqliteDatabase::Open(to.string()));
  // A copy in WAL mode would leave files of its own beside it.
  KSO_RETURN_IF_ERROR(copy->Execute("PRAGMA journal_mode = DELETE"));
  KSO_RETURN_IF_ERROR(copy->CheckPages());
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteJournal> journal,
                       SqliteJournal::Open(copy.get()));
  int64_t records = 0;
  KSO_RETURN_IF_ERROR(journal->Replay([&records](const v1::JournalRecord&) {
    ++records;
    return absl::OkStatus();
  }));
  return records;
}

}  // namespace kso::coordinator
