#include "coordinator/store/sqlite_state_store.h"

#include <sqlite3.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/store/directory_lock.h"

namespace kso::coordinator {
namespace {

using Database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

class SqliteStateStore : public StateStore {
 public:
  SqliteStateStore(std::unique_ptr<DirectoryLock> lock, std::string path,
                   Database database)
      : lock_(std::move(lock)),
        path_(std::move(path)),
        database_(std::move(database)) {}

  absl::Status Prepare();
  absl::Status Commit(absl::Span<const v1::JournalRecord> records) override;
  absl::Status Replay(
      const std::function<absl::Status(const v1::JournalRecord&)>& apply)
      override;

 private:
  absl::Status Error(const std::string& doing) const;
  absl::Status Damaged(const std::string& how) const;
  absl::Status Execute(const char* sql);
  absl::StatusOr<Statement> Compile(const char* sql);
  absl::Status CheckPages();
  absl::Status CheckFormat();
  absl::Status Append(const v1::JournalRecord& record);

  const std::unique_ptr<DirectoryLock> lock_;
  const std::string path_;
  const Database database_;
  Statement insert_{nullptr, sqlite3_finalize};
  int64_t last_sequence_ = 0;
};

absl::Status SqliteStateStore::Error(const std::string& doing) const {
  const std::string text = absl::StrCat("cannot ", doing, " ", path_, ": ",
                                        sqlite3_errmsg(database_.get()));
  switch (sqlite3_errcode(database_.get())) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Damaged(sqlite3_errmsg(database_.get()));
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(text + "; free some disk space");
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return absl::PermissionDeniedError(text);
    default:
      return absl::UnavailableError(text);
  }
}

absl::Status SqliteStateStore::Damaged(const std::string& how) const {
  return absl::DataLossError(absl::StrCat(
      "the coordinator's state in ", path_, " is damaged: ", how,
      "; restore a backup of its directory, or start with an empty one"));
}

absl::Status SqliteStateStore::Execute(const char* sql) {
  return sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) ==
                 SQLITE_OK
             ? absl::OkStatus()
             : Error("use");
}

absl::StatusOr<Statement> SqliteStateStore::Compile(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database_.get(), sql, -1, &statement, nullptr) !=
      SQLITE_OK) {
    return Error("read");
  }
  return Statement(statement, sqlite3_finalize);
}

absl::Status SqliteStateStore::CheckPages() {
  KSO_ASSIGN_OR_RETURN(Statement check, Compile("PRAGMA quick_check(1)"));
  if (sqlite3_step(check.get()) != SQLITE_ROW) return Error("read");
  const std::string answer =
      reinterpret_cast<const char*>(sqlite3_column_text(check.get(), 0));
  return answer == "ok" ? absl::OkStatus() : Damaged(answer);
}

absl::Status SqliteStateStore::CheckFormat() {
  KSO_ASSIGN_OR_RETURN(Statement format,
                       Compile("SELECT value FROM meta WHERE key = 'format'"));
  const int step = sqlite3_step(format.get());
  if (step == SQLITE_DONE) return Damaged("it does not say its format");
  if (step != SQLITE_ROW) return Error("read");
  const int64_t found = sqlite3_column_int64(format.get(), 0);
  if (found > kStateFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat(path_, " was written by a newer kso (format ", found,
                     "; this one knows up to ", kStateFormat,
                     "); use that version, or another state directory"));
  }
  if (found < 1) return Damaged("its format is not a version");
  return absl::OkStatus();
}

absl::Status SqliteStateStore::Prepare() {
  KSO_RETURN_IF_ERROR(Execute("PRAGMA journal_mode = WAL"));
  KSO_RETURN_IF_ERROR(Execute("PRAGMA synchronous = FULL"));
  KSO_RETURN_IF_ERROR(CheckPages());
  bool empty = false;
  {
    KSO_ASSIGN_OR_RETURN(Statement tables,
                         Compile("SELECT 1 FROM sqlite_master LIMIT 1"));
    empty = sqlite3_step(tables.get()) == SQLITE_DONE;
  }
  if (empty) {
    static_assert(kStateFormat == 1);
    KSO_RETURN_IF_ERROR(
        Execute("BEGIN IMMEDIATE;"
                "CREATE TABLE meta(key TEXT PRIMARY KEY, value);"
                "CREATE TABLE journal(sequence INTEGER PRIMARY KEY,"
                " record BLOB NOT NULL);"
                "INSERT INTO meta VALUES('format', 1);"
                "COMMIT"));
  }
  KSO_RETURN_IF_ERROR(CheckFormat());
  {
    KSO_ASSIGN_OR_RETURN(Statement last,
                         Compile("SELECT max(sequence) FROM journal"));
    if (sqlite3_step(last.get()) != SQLITE_ROW) return Error("read");
    last_sequence_ = sqlite3_column_int64(last.get(), 0);
  }
  KSO_ASSIGN_OR_RETURN(insert_, Compile("INSERT INTO journal VALUES(?1, ?2)"));
  return absl::OkStatus();
}

absl::Status SqliteStateStore::Append(const v1::JournalRecord& record) {
  const std::string bytes = record.SerializeAsString();
  sqlite3_reset(insert_.get());
  sqlite3_bind_int64(insert_.get(), 1, last_sequence_ + 1);
  sqlite3_bind_blob64(insert_.get(), 2, bytes.data(), bytes.size(),
                      SQLITE_TRANSIENT);
  if (sqlite3_step(insert_.get()) != SQLITE_DONE) return Error("write");
  sqlite3_reset(insert_.get());
  ++last_sequence_;
  return absl::OkStatus();
}

absl::Status SqliteStateStore::Commit(
    absl::Span<const v1::JournalRecord> records) {
  if (records.empty()) return absl::OkStatus();
  KSO_RETURN_IF_ERROR(Execute("BEGIN IMMEDIATE"));
  for (const v1::JournalRecord& record : records) {
    KSO_RETURN_IF_ERROR(Append(record));
  }
  return Execute("COMMIT");
}

absl::Status SqliteStateStore::Replay(
    const std::function<absl::Status(const v1::JournalRecord&)>& apply) {
  KSO_ASSIGN_OR_RETURN(
      Statement rows,
      Compile("SELECT sequence, record FROM journal ORDER BY sequence"));
  int64_t expected = 1;
  int step;
  while ((step = sqlite3_step(rows.get())) == SQLITE_ROW) {
    const int64_t sequence = sqlite3_column_int64(rows.get(), 0);
    if (sequence != expected) {
      return Damaged(absl::StrCat("record ", expected, " is missing"));
    }
    v1::JournalRecord record;
    if (!record.ParseFromArray(sqlite3_column_blob(rows.get(), 1),
                               sqlite3_column_bytes(rows.get(), 1))) {
      return Damaged(absl::StrCat("record ", sequence, " cannot be read"));
    }
    if (const absl::Status status = apply(record); !status.ok()) {
      return Damaged(absl::StrCat("record ", sequence, ": ", status.message()));
    }
    ++expected;
  }
  return step == SQLITE_DONE ? absl::OkStatus() : Error("read");
}

}  // namespace

absl::StatusOr<std::unique_ptr<StateStore>> OpenSqliteStateStore(
    const std::filesystem::path& directory) {
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<DirectoryLock> lock,
                       DirectoryLock::Acquire(directory));
  const std::string path = (directory / "state.sqlite").string();
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open_v2(
      path.c_str(), &handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
      nullptr);
  Database database(handle, sqlite3_close);
  if (opened != SQLITE_OK) {
    return absl::PermissionDeniedError(
        absl::StrCat("cannot open ", path, ": ", sqlite3_errstr(opened)));
  }
  auto store = std::make_unique<SqliteStateStore>(std::move(lock), path,
                                                  std::move(database));
  KSO_RETURN_IF_ERROR(store->Prepare());
  return store;
}

}  // namespace kso::coordinator
