// SPDX-License-Identifier: Apache-2.0
#include "coordinator/store/sqlite_database.h"

#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"

namespace kso::coordinator {
namespace {

absl::Status StatusOfBind(int result, std::string_view value) {
  switch (result) {
    case SQLITE_OK:
      return absl::OkStatus();
    case SQLITE_TOOBIG:
      return Exhausted(Resource::kSizeBound,
                       Concat("a value of ", value.size(),
                              " bytes is more than SQLite takes"));
    case SQLITE_NOMEM:
      return Exhausted(Resource::kMemory,
                       "there is not enough memory on this machine");
    default:
      return absl::InternalError(
          Concat("SQLite takes no value: ", sqlite3_errstr(result)));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(
    const std::string& path) {
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open_v2(
      path.c_str(), &handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
      nullptr);
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(path, handle));
  if (opened != SQLITE_OK) {
    return absl::PermissionDeniedError(
        Concat("cannot open ", path, ": ", sqlite3_errstr(opened)));
  }
  return database;
}

absl::Status SqliteDatabase::Error() const {
  const std::string said = sqlite3_errmsg(handle_.get());
  const std::string text = Concat("cannot use ", path_, ": ", said);
  switch (sqlite3_errcode(handle_.get())) {
    // The statements are right, so a table or column that they name is not
    // there any more.
    case SQLITE_ERROR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Damaged(said);
    case SQLITE_FULL:
      return Exhausted(Resource::kDisk, text + "; free some disk space");
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return absl::PermissionDeniedError(text);
    default:
      return absl::UnavailableError(text);
  }
}

absl::Status SqliteDatabase::Damaged(std::string_view how) const {
  return absl::DataLossError(Concat(
      "the coordinator's state in ", path_, " is damaged: ", how,
      "; restore a backup of its directory, or start with an empty one"));
}

absl::Status SqliteDatabase::Execute(const char* sql) {
  return sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) ==
                 SQLITE_OK
             ? absl::OkStatus()
             : Error();
}

absl::StatusOr<SqliteDatabase::Statement> SqliteDatabase::Compile(
    const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle_.get(), sql, -1, &statement, nullptr) !=
      SQLITE_OK) {
    return Error();
  }
  return Statement(statement, sqlite3_finalize);
}

absl::StatusOr<bool> SqliteDatabase::Step(const Statement& statement) {
  switch (sqlite3_step(statement.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return Error();
  }
}

absl::StatusOr<int64_t> SqliteDatabase::ReadNumber(const char* sql) {
  KSO_ASSIGN_OR_RETURN(const Statement statement, Compile(sql));
  KSO_ASSIGN_OR_RETURN(const bool row, Step(statement));
  if (!row) return absl::NotFoundError("no such row");
  return sqlite3_column_int64(statement.get(), 0);
}

absl::Status SqliteDatabase::CopyTo(SqliteDatabase& copy) const {
  sqlite3_backup* const backup =
      sqlite3_backup_init(copy.handle_.get(), "main", handle_.get(), "main");
  if (backup == nullptr) return copy.Error();
  // In one step, so that nobody's commit makes it begin anew.
  const int result = sqlite3_backup_step(backup, /*nPage=*/-1);
  if (sqlite3_backup_finish(backup) != SQLITE_OK) return copy.Error();
  if (result == SQLITE_DONE) return absl::OkStatus();
  return absl::UnavailableError(
      Concat("cannot copy ", path_, ": ", sqlite3_errstr(result)));
}

absl::Status SqliteDatabase::CheckPages() {
  KSO_ASSIGN_OR_RETURN(const Statement check, Compile("PRAGMA quick_check(1)"));
  KSO_ASSIGN_OR_RETURN(const bool row, Step(check));
  const std::string_view answer = row ? BytesOf(check, 0) : "no answer";
  return answer == "ok" ? absl::OkStatus() : Damaged(answer);
}

std::string_view BytesOf(const SqliteDatabase::Statement& row, int column) {
  const void* data = sqlite3_column_blob(row.get(), column);
  return {static_cast<const char*>(data),
          static_cast<size_t>(sqlite3_column_bytes(row.get(), column))};
}

absl::Status BindBytes(const SqliteDatabase::Statement& statement, int index,
                       std::string_view bytes) {
  return StatusOfBind(sqlite3_bind_blob64(statement.get(), index, bytes.data(),
                                          bytes.size(), SQLITE_STATIC),
                      bytes);
}

absl::Status BindText(const SqliteDatabase::Statement& statement, int index,
                      std::string_view text) {
  return StatusOfBind(
      sqlite3_bind_text64(statement.get(), index, text.data(), text.size(),
                          SQLITE_STATIC, SQLITE_UTF8),
      text);
}

}  // namespace kso::coordinator
