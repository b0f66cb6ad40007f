// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STORE_SQLITE_JOURNAL_H_
#define KSO_COORDINATOR_STORE_SQLITE_JOURNAL_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/store/sqlite_database.h"
#include "kso/v1/journal.pb.h"

namespace kso::coordinator {

// The tables of a journal:
//
//   journal(sequence INTEGER PRIMARY KEY, subject TEXT, checksum INTEGER,
//           record BLOB)
//     Records in order, with gaps where a subject is over (record_subject.h).
//     The checksum covers the other three columns: the first 8 bytes of the
//     sha256 of sequence (8 bytes, little-endian), subject, a zero byte and
//     record.
//   ledger(records, sum, sequence, commits)
//     One row: how many records there are, the sum of their checksums modulo
//     2^64, the last sequence given out, and the commits so far. What it says
//     and what is there must agree, so no record can be missing.
//
// One caller at a time.
class SqliteJournal {
 public:
  static absl::Status CreateTables(SqliteDatabase& database);

  // `database` must outlive it and have the tables.
  static absl::StatusOr<std::unique_ptr<SqliteJournal>> Open(
      SqliteDatabase* database);

  int64_t commits() const { return commits_; }
  // Returns whether records were deleted since the last call.
  bool TakeDeleted() { return std::exchange(deleted_, false); }

  // To be called inside a transaction: Add takes a record, which may put an end
  // to its subject, and WriteLedger follows the last one.
  absl::Status Add(const v1::JournalRecord& record);
  absl::Status WriteLedger();

  // As StateStore::Replay.
  absl::Status Replay(
      const std::function<absl::Status(const v1::JournalRecord&)>& apply);

 private:
  // The sequence numbers between which a subject's records are.
  struct Range {
    int64_t first = 0;
    int64_t last = 0;
  };

  explicit SqliteJournal(SqliteDatabase* database) : database_(*database) {}

  absl::Status Compile();
  absl::Status Append(const std::string& subject,
                      const v1::JournalRecord& record);
  absl::Status Delete(const std::string& subject);
  void Note(const std::string& subject, int64_t sequence);

  SqliteDatabase& database_;
  SqliteDatabase::Statement insert_{nullptr, sqlite3_finalize};
  SqliteDatabase::Statement delete_{nullptr, sqlite3_finalize};
  SqliteDatabase::Statement ledger_{nullptr, sqlite3_finalize};
  int64_t records_ = 0;
  uint64_t sum_ = 0;
  int64_t sequence_ = 0;
  int64_t commits_ = 0;
  bool deleted_ = false;
  std::map<std::string, Range> ranges_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STORE_SQLITE_JOURNAL_H_
