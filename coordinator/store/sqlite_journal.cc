// SPDX-License-Identifier: Apache-2.0
#include "coordinator/store/sqlite_journal.h"

#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/bytes/digest.h"
#include "coordinator/core/base/record_subject.h"

namespace kso::coordinator {
namespace {

uint64_t ChecksumOf(int64_t sequence, std::string_view subject,
                    std::string_view record) {
  char number[8];
  for (int i = 0; i < 8; ++i) {
    number[i] = static_cast<char>(static_cast<uint64_t>(sequence) >> (8 * i));
  }
  Hasher hasher;
  hasher.Update({number, sizeof(number)});
  hasher.Update(subject);
  hasher.Update({"\0", 1});
  hasher.Update(record);
  uint64_t checksum = 0;
  // Hexadecimal by construction.
  (void)absl::SimpleHexAtoi(hasher.Finish().hex().substr(0, 16), &checksum);
  return checksum;
}

}  // namespace

absl::Status SqliteJournal::CreateTables(SqliteDatabase& database) {
  return database.Execute(
      "CREATE TABLE journal(sequence INTEGER PRIMARY KEY,"
      " subject TEXT NOT NULL, checksum INTEGER NOT NULL,"
      " record BLOB NOT NULL);"
      "CREATE TABLE ledger(records INTEGER, sum INTEGER, sequence INTEGER,"
      " commits INTEGER);"
      "INSERT INTO ledger VALUES(0, 0, 0, 0);");
}

absl::StatusOr<std::unique_ptr<SqliteJournal>> SqliteJournal::Open(
    SqliteDatabase* database) {
  std::unique_ptr<SqliteJournal> journal(new SqliteJournal(database));
  {
    KSO_ASSIGN_OR_RETURN(
        const SqliteDatabase::Statement row,
        database->Compile("SELECT records, sum, sequence, commits"
                          " FROM ledger"));
    KSO_ASSIGN_OR_RETURN(const bool there, database->Step(row));
    if (!there) return database->Damaged("it does not say what is in it");
    journal->records_ = sqlite3_column_int64(row.get(), 0);
    journal->sum_ = static_cast<uint64_t>(sqlite3_column_int64(row.get(), 1));
    journal->sequence_ = sqlite3_column_int64(row.get(), 2);
    journal->commits_ = sqlite3_column_int64(row.get(), 3);
  }
  KSO_RETURN_IF_ERROR(journal->Compile());
  return journal;
}

absl::Status SqliteJournal::Compile() {
  KSO_ASSIGN_OR_RETURN(
      insert_, database_.Compile("INSERT INTO journal VALUES(?1, ?2, ?3, ?4)"));
  KSO_ASSIGN_OR_RETURN(
      delete_,
      database_.Compile("DELETE FROM journal WHERE sequence BETWEEN ?1 AND ?2"
                        " AND subject = ?3 RETURNING checksum"));
  KSO_ASSIGN_OR_RETURN(
      ledger_, database_.Compile("UPDATE ledger SET records = ?1, sum = ?2,"
                                 " sequence = ?3, commits = ?4"));
  return absl::OkStatus();
}

absl::Status SqliteJournal::Add(const v1::JournalRecord& record) {
  const RecordSubject subject = SubjectOf(record);
  return subject.over ? Delete(subject.name) : Append(subject.name, record);
}

absl::Status SqliteJournal::Append(const std::string& subject,
                                   const v1::JournalRecord& record) {
  std::string bytes;
  if (!record.SerializeToString(&bytes)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a record about ", absl::CHexEscape(subject), " of ",
                     record.ByteSizeLong(), " bytes is more than is written"));
  }
  // Protobuf writes messages that it refuses to read, such as ones with text
  // that is not UTF-8. An acknowledged record must open at the next start.
  if (v1::JournalRecord read; !read.ParseFromString(bytes)) {
    return absl::InternalError(absl::StrCat(
        "a record about ", absl::CHexEscape(subject),
        " was not written, since it could not be read again; please report "
        "this"));
  }
  const uint64_t checksum = ChecksumOf(sequence_ + 1, subject, bytes);
  sqlite3_reset(insert_.get());
  sqlite3_bind_int64(insert_.get(), 1, sequence_ + 1);
  KSO_RETURN_IF_ERROR(BindText(insert_, 2, subject));
  sqlite3_bind_int64(insert_.get(), 3, static_cast<int64_t>(checksum));
  KSO_RETURN_IF_ERROR(BindBytes(insert_, 4, bytes));
  KSO_RETURN_IF_ERROR(database_.Step(insert_).status());
  ++sequence_;
  ++records_;
  sum_ += checksum;
  Note(subject, sequence_);
  return absl::OkStatus();
}

absl::Status SqliteJournal::Delete(const std::string& subject) {
  const auto range = ranges_.find(subject);
  if (range == ranges_.end()) return absl::OkStatus();
  sqlite3_reset(delete_.get());
  sqlite3_bind_int64(delete_.get(), 1, range->second.first);
  sqlite3_bind_int64(delete_.get(), 2, range->second.last);
  KSO_RETURN_IF_ERROR(BindText(delete_, 3, subject));
  while (true) {
    KSO_ASSIGN_OR_RETURN(const bool row, database_.Step(delete_));
    if (!row) break;
    --records_;
    sum_ -= static_cast<uint64_t>(sqlite3_column_int64(delete_.get(), 0));
  }
  ranges_.erase(range);
  deleted_ = true;
  return absl::OkStatus();
}

void SqliteJournal::Note(const std::string& subject, int64_t sequence) {
  // A record without a subject is never deleted.
  if (subject.empty()) return;
  Range& range = ranges_[subject];
  if (range.first == 0) range.first = sequence;
  range.last = sequence;
}

absl::Status SqliteJournal::WriteLedger() {
  sqlite3_reset(ledger_.get());
  sqlite3_bind_int64(ledger_.get(), 1, records_);
  sqlite3_bind_int64(ledger_.get(), 2, static_cast<int64_t>(sum_));
  sqlite3_bind_int64(ledger_.get(), 3, sequence_);
  sqlite3_bind_int64(ledger_.get(), 4, commits_ + 1);
  KSO_RETURN_IF_ERROR(database_.Step(ledger_).status());
  ++commits_;
  return absl::OkStatus();
}

absl::Status SqliteJournal::Replay(
    const std::function<absl::Status(const v1::JournalRecord&)>& apply) {
  KSO_ASSIGN_OR_RETURN(
      const SqliteDatabase::Statement rows,
      database_.Compile("SELECT sequence, subject, checksum, record"
                        " FROM journal ORDER BY sequence"));
  int64_t records = 0;
  uint64_t sum = 0;
  int64_t sequence = 0;
  while (true) {
    KSO_ASSIGN_OR_RETURN(const bool row, database_.Step(rows));
    if (!row) break;
    sequence = sqlite3_column_int64(rows.get(), 0);
    const std::string subject(BytesOf(rows, 1));
    const uint64_t checksum =
        static_cast<uint64_t>(sqlite3_column_int64(rows.get(), 2));
    const std::string_view bytes = BytesOf(rows, 3);
    if (ChecksumOf(sequence, subject, bytes) != checksum) {
      return database_.Damaged(
          absl::StrCat("record ", sequence, " is not what was written"));
    }
    v1::JournalRecord record;
    if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return database_.Damaged(
          absl::StrCat("record ", sequence, " cannot be read"));
    }
    if (const absl::Status status = apply(record); !status.ok()) {
      return database_.Damaged(
          absl::StrCat("record ", sequence, ": ", status.message()));
    }
    ++records;
    sum += checksum;
    Note(subject, sequence);
  }
  if (records != records_ || sum != sum_ || sequence > sequence_) {
    return database_.Damaged(
        absl::StrCat("it should have ", records_, " records up to ", sequence_,
                     ", and has ", records, " up to ", sequence));
  }
  return absl::OkStatus();
}

}  // namespace kso::coordinator
