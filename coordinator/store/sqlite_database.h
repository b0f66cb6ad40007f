// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STORE_SQLITE_DATABASE_H_
#define KSO_COORDINATOR_STORE_SQLITE_DATABASE_H_

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kso::coordinator {

// An open SQLite database, whose errors say what a person can do. One caller at
// a time.
class SqliteDatabase {
 public:
  // Opens the file, or makes it. PERMISSION_DENIED.
  static absl::StatusOr<std::unique_ptr<SqliteDatabase>> Open(
      const std::string& path);

  using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

  const std::string& path() const { return path_; }

  // Runs statements that give no rows.
  absl::Status Execute(const char* sql);
  absl::StatusOr<Statement> Compile(const char* sql);
  // Returns whether there is another row.
  absl::StatusOr<bool> Step(const Statement& statement);
  // The first value of the first row; NOT_FOUND when there is no row.
  absl::StatusOr<int64_t> ReadNumber(const char* sql);

  // Makes `copy`, which is empty, what this is at one moment, while others
  // write to it.
  absl::Status CopyTo(SqliteDatabase& copy) const;

  // DATA_LOSS unless the file's structure is whole.
  absl::Status CheckPages();
  absl::Status Damaged(std::string_view how) const;

 private:
  SqliteDatabase(std::string path, sqlite3* handle)
      : path_(std::move(path)), handle_(handle, sqlite3_close) {}

  // The error of the last call to SQLite, as a status.
  absl::Status Error() const;

  const std::string path_;
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> handle_;
};

// The bytes of a column of the current row, until the next Step.
std::string_view BytesOf(const SqliteDatabase::Statement& row, int column);

// Binds without a copy: `bytes` must live until the statement has given its
// last row. RESOURCE_EXHAUSTED for more than SQLite takes as one value, which
// is 1 GB (sqlite.org/limits.html).
absl::Status BindBytes(const SqliteDatabase::Statement& statement, int index,
                       std::string_view bytes);
absl::Status BindText(const SqliteDatabase::Statement& statement, int index,
                      std::string_view text);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STORE_SQLITE_DATABASE_H_
