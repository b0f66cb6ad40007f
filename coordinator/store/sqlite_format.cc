// SPDX-License-Identifier: Apache-2.0
#include "coordinator/store/sqlite_format.h"

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/store/sqlite_journal.h"
#include "kso/v1/journal.pb.h"

namespace kso::coordinator {
namespace {

static_assert(kStateFormat == 2);

// The setting with which free pages are given back to the file system as
// records are deleted.
constexpr char kAutoVacuum[] = "PRAGMA auto_vacuum = INCREMENTAL";

absl::Status CreateAll(SqliteDatabase& database) {
  KSO_RETURN_IF_ERROR(
      database.Execute("BEGIN IMMEDIATE;"
                       "CREATE TABLE meta(key TEXT PRIMARY KEY, value);"
                       "INSERT INTO meta VALUES('format', 2);"));
  KSO_RETURN_IF_ERROR(SqliteJournal::CreateTables(database));
  return database.Execute("COMMIT");
}

// Format 1 was: journal(sequence INTEGER PRIMARY KEY, record BLOB), from 1 on
// without gaps.
absl::Status CopyRecords(SqliteDatabase& database, SqliteJournal& journal) {
  KSO_ASSIGN_OR_RETURN(const SqliteDatabase::Statement rows,
                       database.Compile("SELECT sequence, record FROM format_1"
                                        " ORDER BY sequence"));
  for (int64_t expected = 1;; ++expected) {
    KSO_ASSIGN_OR_RETURN(const bool row, database.Step(rows));
    if (!row) return absl::OkStatus();
    if (sqlite3_column_int64(rows.get(), 0) != expected) {
      return database.Damaged(absl::StrCat("record ", expected, " is missing"));
    }
    const std::string_view bytes = BytesOf(rows, 1);
    v1::JournalRecord record;
    if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return database.Damaged(
          absl::StrCat("record ", expected, " cannot be read"));
    }
    KSO_RETURN_IF_ERROR(journal.Add(record));
  }
}

absl::Status Rewrite(SqliteDatabase& database) {
  KSO_RETURN_IF_ERROR(
      database.Execute("BEGIN IMMEDIATE;"
                       "ALTER TABLE journal RENAME TO format_1;"));
  KSO_RETURN_IF_ERROR(SqliteJournal::CreateTables(database));
  {
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteJournal> journal,
                         SqliteJournal::Open(&database));
    KSO_RETURN_IF_ERROR(CopyRecords(database, *journal));
    KSO_RETURN_IF_ERROR(journal->WriteLedger());
  }
  return database.Execute(
      "DROP TABLE format_1;"
      "UPDATE meta SET value = 2 WHERE key = 'format';"
      "COMMIT");
}

// Turns that setting on. In a database with tables, it takes effect only when
// all of it is rewritten.
absl::Status EnsureAutoVacuum(SqliteDatabase& database) {
  constexpr int64_t kIncremental = 2;
  KSO_ASSIGN_OR_RETURN(const int64_t mode,
                       database.ReadNumber("PRAGMA auto_vacuum"));
  if (mode == kIncremental) return absl::OkStatus();
  KSO_RETURN_IF_ERROR(database.Execute(kAutoVacuum));
  return database.Execute("VACUUM");
}

}  // namespace

absl::Status PrepareFormat(SqliteDatabase& database) {
  KSO_ASSIGN_OR_RETURN(
      const int64_t tables,
      database.ReadNumber("SELECT count(*) FROM sqlite_master"));
  if (tables == 0) return CreateAll(database);
  const absl::StatusOr<int64_t> found =
      database.ReadNumber("SELECT value FROM meta WHERE key = 'format'");
  if (absl::IsNotFound(found.status())) {
    return database.Damaged("it does not say its format");
  }
  KSO_RETURN_IF_ERROR(found.status());
  if (*found > kStateFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat(database.path(), " was written by a newer kso (format ",
                     *found, "; this one knows up to ", kStateFormat,
                     "); use that version, or another state directory"));
  }
  if (*found < 1) return database.Damaged("its format is not a version");
  if (*found == 1) KSO_RETURN_IF_ERROR(Rewrite(database));
  return EnsureAutoVacuum(database);
}

}  // namespace kso::coordinator
