// SPDX-License-Identifier: Apache-2.0
#include "coordinator/store/sqlite_state_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/files/file_lock.h"
#include "common/files/private_directory.h"
#include "coordinator/store/commit_mark.h"
#include "coordinator/store/sqlite_database.h"
#include "coordinator/store/sqlite_format.h"
#include "coordinator/store/sqlite_journal.h"

namespace kso::coordinator {
namespace {

class SqliteStateStore : public StateStore {
 public:
  SqliteStateStore(FileLock lock, std::unique_ptr<SqliteDatabase> database,
                   std::unique_ptr<SqliteJournal> journal,
                   std::unique_ptr<CommitMark> mark)
      : lock_(std::move(lock)),
        database_(std::move(database)),
        journal_(std::move(journal)),
        mark_(std::move(mark)) {}

  absl::Status Commit(absl::Span<const v1::JournalRecord> records) override {
    if (records.empty()) return absl::OkStatus();
    KSO_RETURN_IF_ERROR(database_->Execute("BEGIN IMMEDIATE"));
    for (const v1::JournalRecord& record : records) {
      KSO_RETURN_IF_ERROR(journal_->Add(record));
    }
    KSO_RETURN_IF_ERROR(journal_->WriteLedger());
    KSO_RETURN_IF_ERROR(database_->Execute("COMMIT"));
    KSO_RETURN_IF_ERROR(mark_->Write(journal_->commits()));
    return journal_->TakeDeleted()
               ? database_->Execute("PRAGMA incremental_vacuum")
               : absl::OkStatus();
  }

  absl::Status Replay(
      const std::function<absl::Status(const v1::JournalRecord&)>& apply)
      override {
    return journal_->Replay(apply);
  }

 private:
  const FileLock lock_;
  const std::unique_ptr<SqliteDatabase> database_;
  const std::unique_ptr<SqliteJournal> journal_;
  const std::unique_ptr<CommitMark> mark_;
};

absl::Status PrepareFile(SqliteDatabase& database) {
  // The setting auto_vacuum comes first, since it cannot be changed once a page
  // is written. The log is written back into the database every 4 MB (SQLite's
  // default); one that a large commit made longer is cut again.
  KSO_RETURN_IF_ERROR(
      database.Execute("PRAGMA auto_vacuum = INCREMENTAL;"
                       "PRAGMA journal_mode = WAL;"
                       "PRAGMA synchronous = FULL;"
                       "PRAGMA journal_size_limit = 8388608;"));
  KSO_RETURN_IF_ERROR(database.CheckPages());
  return PrepareFormat(database);
}

}  // namespace

absl::StatusOr<std::unique_ptr<StateStore>> OpenSqliteStateStore(
    const std::filesystem::path& directory) {
  KSO_RETURN_IF_ERROR(MakePrivateDirectory(directory, "state directory"));
  KSO_ASSIGN_OR_RETURN(
      FileLock lock, FileLock::TryLock(directory / "lock",
                                       "stop it, or choose another directory"));
  // SQLite makes the others with the mode of the first.
  for (const char* name :
       {"state.sqlite", "state.sqlite-wal", "state.sqlite-shm"}) {
    KSO_RETURN_IF_ERROR(MakePrivateFile(directory / name));
  }
  KSO_ASSIGN_OR_RETURN(
      std::unique_ptr<SqliteDatabase> database,
      SqliteDatabase::Open((directory / kJournalFile).string()));
  KSO_RETURN_IF_ERROR(PrepareFile(*database));
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<SqliteJournal> journal,
                       SqliteJournal::Open(database.get()));
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<CommitMark> mark,
                       CommitMark::Open(directory / "commits"));
  if (mark->commits() > journal->commits()) {
    return database->Damaged(absl::StrCat("of ", mark->commits(),
                                          " commits only ", journal->commits(),
                                          " are there"));
  }
  return std::make_unique<SqliteStateStore>(
      std::move(lock), std::move(database), std::move(journal),
      std::move(mark));
}

}  // namespace kso::coordinator
