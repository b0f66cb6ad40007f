// SPDX-License-Identifier: Apache-2.0
#include "coordinator/store/sqlite_state_store.h"

#include <sqlite3.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::JournalRecord Submitted(const std::string& id) {
  v1::JournalRecord record;
  record.mutable_build_submitted()->set_build_id(id);
  return record;
}

v1::JournalRecord Pruned(const std::string& id) {
  v1::JournalRecord record;
  record.mutable_build_pruned()->set_build_id(id);
  return record;
}

class SqliteStateStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<StateStore> Open() {
    auto store = OpenSqliteStateStore(directory_);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  absl::Status Replay(std::vector<std::string>* ids) {
    return Open()->Replay([ids](const v1::JournalRecord& record) {
      ids->push_back(record.build_submitted().build_id());
      return absl::OkStatus();
    });
  }

  // Writes with two commits and closes.
  void Write() {
    auto store = Open();
    ASSERT_TRUE(store->Commit({Submitted("a"), Submitted("b")}).ok());
    ASSERT_TRUE(store->Commit({Submitted("c")}).ok());
  }

  void Sql(const char* statement) {
    sqlite3* database;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, statement, nullptr, nullptr, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  int64_t Number(const char* statement) {
    int64_t number = 0;
    sqlite3* database;
    EXPECT_EQ(sqlite3_open(file_.c_str(), &database), SQLITE_OK);
    const auto read = [](void* to, int, char** values, char**) {
      *static_cast<int64_t*>(to) = std::stoll(values[0]);
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(database, statement, read, &number, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
    return number;
  }

  const std::filesystem::path directory_ =
      std::filesystem::path(::testing::TempDir()) /
      ::testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string file_ = (directory_ / "state.sqlite").string();
};

// An earlier version left it open to all users of the machine.
TEST_F(SqliteStateStoreTest, OnlyItsUserReadsTheJournal) {
  Write();
  namespace fs = std::filesystem;
  fs::permissions(directory_, fs::perms(0755));
  fs::permissions(file_, fs::perms(0644));
  const auto store = Open();
  EXPECT_EQ(fs::status(directory_).permissions(), fs::perms(0700));
  for (const auto& entry : fs::directory_iterator(directory_)) {
    if (entry.path().filename().string().starts_with("state.sqlite")) {
      EXPECT_EQ(entry.status().permissions(), fs::perms(0600)) << entry.path();
    }
  }
}

TEST_F(SqliteStateStoreTest, ADirectoryThatOthersMayWriteIsRefused) {
  Write();
  std::filesystem::permissions(directory_, std::filesystem::perms(0777));
  const auto refused = OpenSqliteStateStore(directory_);
  EXPECT_THAT(refused.status().message(), HasSubstr("others may have put"));
}

TEST_F(SqliteStateStoreTest, WhatCouldNotBeReadAgainIsNotAcknowledged) {
  Write();
  v1::JournalRecord bad = Submitted("d");
  bad.mutable_build_submitted()->mutable_release()->set_name("caf\xe9");
  EXPECT_THAT(Open()->Commit({Submitted("x"), bad}).message(),
              HasSubstr("could not be read again"));
  std::vector<std::string> ids;
  ASSERT_TRUE(Replay(&ids).ok());
  EXPECT_THAT(ids, ElementsAre("a", "b", "c"));
}

TEST_F(SqliteStateStoreTest, WhereNothingWasDecidedNothingIsWritten) {
  Write();
  const auto mark = [&] {
    std::ifstream file(directory_ / "commits");
    std::string line;
    std::getline(file, line);
    return line;
  };
  auto store = Open();
  const std::string before = mark();
  EXPECT_NE(before, "");
  ASSERT_TRUE(store->Commit({}).ok());
  EXPECT_EQ(mark(), before);
}

TEST_F(SqliteStateStoreTest, AfterACommitThatFailedNothingElseIsWritten) {
  Write();
  v1::JournalRecord bad = Submitted("d");
  bad.mutable_build_submitted()->mutable_release()->set_name("caf\xe9");
  auto store = Open();
  EXPECT_FALSE(store->Commit({Submitted("x"), bad}).ok());
  EXPECT_FALSE(store->Commit({Submitted("y")}).ok());
  store.reset();
  std::vector<std::string> ids;
  ASSERT_TRUE(Replay(&ids).ok());
  EXPECT_THAT(ids, ElementsAre("a", "b", "c"));
}

TEST_F(SqliteStateStoreTest, WhatTheDatabaseRefusesIsNotAcknowledged) {
  Write();
  for (const char* table : {"INSERT ON journal", "UPDATE ON ledger"}) {
    Sql(absl::StrCat("CREATE TRIGGER refuse BEFORE ", table,
                     " BEGIN SELECT RAISE(ABORT, 'refused'); END")
            .c_str());
    EXPECT_THAT(std::string(Open()->Commit({Submitted("d")}).message()),
                HasSubstr("refused"));
    Sql("DROP TRIGGER refuse");
    std::vector<std::string> ids;
    ASSERT_TRUE(Replay(&ids).ok());
    EXPECT_THAT(ids, ElementsAre("a", "b", "c"));
  }
}

TEST_F(SqliteStateStoreTest, WhatTheDiskRefusesIsNotAcknowledged) {
  auto store = Open();
  ASSERT_TRUE(store->Commit({Submitted("a")}).ok());
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit full = before;
  full.rlim_cur = std::filesystem::file_size(file_ + "-wal");
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &full), 0);
  const absl::Status refused = store->Commit({Submitted("b")});
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(refused.ok());
  store.reset();
  std::vector<std::string> ids;
  ASSERT_TRUE(Replay(&ids).ok());
  EXPECT_THAT(ids, ElementsAre("a"));
}

TEST_F(SqliteStateStoreTest, WhatWasCommittedIsThereAfterReopening) {
  Write();
  std::vector<std::string> ids;
  ASSERT_TRUE(Replay(&ids).ok());
  EXPECT_THAT(ids, ElementsAre("a", "b", "c"));
  ASSERT_TRUE(Open()->Commit({Submitted("d")}).ok());
  ids.clear();
  ASSERT_TRUE(Replay(&ids).ok());
  EXPECT_THAT(ids, ElementsAre("a", "b", "c", "d"));
}

TEST_F(SqliteStateStoreTest, OneProcessAtATime) {
  auto first = Open();
  const auto second = OpenSqliteStateStore(directory_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr((directory_ / "lock").string()));
  first.reset();
  EXPECT_TRUE(OpenSqliteStateStore(directory_).ok());
}

TEST_F(SqliteStateStoreTest, RefusesANewerFormat) {
  Write();
  Sql("UPDATE meta SET value = 3");
  const auto store = OpenSqliteStateStore(directory_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(store.status().message()),
              HasSubstr("written by a newer kso"));
}

TEST_F(SqliteStateStoreTest, RefusesAFormatThatIsNone) {
  Write();
  Sql("UPDATE meta SET value = 0");
  EXPECT_THAT(std::string(OpenSqliteStateStore(directory_).status().message()),
              HasSubstr("its format is not a version"));
  Sql("DELETE FROM meta");
  const auto store = OpenSqliteStateStore(directory_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(store.status().message()),
              HasSubstr("it does not say its format"));
}

// Checksums are of the bytes below, so they must not change from one version to
// the next.
TEST_F(SqliteStateStoreTest, AJournalOfAnEarlierVersionOpens) {
  std::filesystem::create_directories(directory_);
  Sql("CREATE TABLE meta(key TEXT PRIMARY KEY, value);"
      "INSERT INTO meta VALUES('format', 2);"
      "CREATE TABLE journal(sequence INTEGER PRIMARY KEY,"
      " subject TEXT NOT NULL, checksum INTEGER NOT NULL,"
      " record BLOB NOT NULL);"
      "CREATE TABLE ledger(records INTEGER, sum INTEGER, sequence INTEGER,"
      " commits INTEGER);"
      "INSERT INTO journal VALUES(259, 'build a', 4198423581944991065,"
      " x'12030a0161');"
      "INSERT INTO ledger VALUES(1, 4198423581944991065, 259, 2);");
  const std::filesystem::path mark = directory_ / "commits";
  std::ofstream(mark) << "0000000000000002 000f6f4ade1994be\n";
  std::vector<std::string> ids;
  EXPECT_TRUE(Replay(&ids).ok());
  EXPECT_THAT(ids, ElementsAre("a"));
  std::ofstream(mark) << "0000000000000003 36d43aa2828774bd\n";
  EXPECT_THAT(std::string(OpenSqliteStateStore(directory_).status().message()),
              HasSubstr("of 3 commits only 2 are there"));
}

TEST_F(SqliteStateStoreTest, AMarkThatGoesOnAfterItsLineIsRefused) {
  Write();
  std::ofstream(directory_ / "commits", std::ios::app) << "x";
  EXPECT_EQ(OpenSqliteStateStore(directory_).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(SqliteStateStoreTest, RefusesARecordThatCannotBeRead) {
  Write();
  // The checksum is right.
  Sql("UPDATE journal SET subject = 'build a', checksum = 4765980633258226229,"
      " record = x'ff' WHERE sequence = 1");
  std::vector<std::string> ids;
  const absl::Status status = Replay(&ids);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("record 1 cannot be read"));
  EXPECT_THAT(ids, ElementsAre());
}

TEST_F(SqliteStateStoreTest, RefusesWhereCountSumOrLastRecordIsAnother) {
  for (const char* other :
       {"records = records + 1", "sum = sum + 1", "sequence = sequence - 1"}) {
    std::filesystem::remove_all(directory_);
    Write();
    Sql(absl::StrCat("UPDATE ledger SET ", other).c_str());
    std::vector<std::string> ids;
    EXPECT_EQ(Replay(&ids).code(), absl::StatusCode::kDataLoss) << other;
  }
}

TEST_F(SqliteStateStoreTest, RefusesDamageWhereNoRecordIs) {
  Write();
  std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
  // The number of free pages.
  file.seekp(36);
  file << std::string("\0\0\0\x5", 4);
  file.close();
  EXPECT_EQ(OpenSqliteStateStore(directory_).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(SqliteStateStoreTest, RefusesARecordThatIsNotWhatWasWritten) {
  Write();
  Sql("UPDATE journal SET record = x'' WHERE sequence = 2");
  std::vector<std::string> ids;
  const absl::Status status = Replay(&ids);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("record 2 is not what was written"));
}

TEST_F(SqliteStateStoreTest, RefusesWhereARecordIsMissing) {
  Write();
  Sql("DELETE FROM journal WHERE sequence = 2");
  std::vector<std::string> ids;
  const absl::Status status = Replay(&ids);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("should have 3 records up to 3, and has 2"));
}

TEST_F(SqliteStateStoreTest, RefusesWhereTheLastCommitsAreMissing) {
  Write();
  const std::filesystem::path copy = directory_.string() + "-copy";
  std::filesystem::copy_file(file_, copy,
                             std::filesystem::copy_options::overwrite_existing);
  ASSERT_TRUE(Open()->Commit({Submitted("d")}).ok());
  std::filesystem::copy_file(copy, file_,
                             std::filesystem::copy_options::overwrite_existing);
  const auto store = OpenSqliteStateStore(directory_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(store.status().message()),
              HasSubstr("of 3 commits only 2 are there"));
  // A machine that crashed may not have kept the mark, which is not synced.
  std::filesystem::resize_file(directory_ / "commits", 0);
  EXPECT_TRUE(OpenSqliteStateStore(directory_).ok());
}

TEST_F(SqliteStateStoreTest, NothingIsKeptOfWhatIsPruned) {
  Write();
  v1::JournalRecord entered;
  entered.mutable_phase_entered()->set_build_id("a");
  {
    auto store = Open();
    ASSERT_TRUE(
        store->Replay([](const auto&) { return absl::OkStatus(); }).ok());
    ASSERT_TRUE(store->Commit({entered, Pruned("a"), Submitted("d")}).ok());
  }
  std::vector<std::string> ids;
  ASSERT_TRUE(Replay(&ids).ok());
  EXPECT_THAT(ids, ElementsAre("b", "c", "d"));
}

TEST_F(SqliteStateStoreTest, TheFileStaysBoundedWhileBuildsComeAndGo) {
  auto store = Open();
  ASSERT_TRUE(store->Replay([](const auto&) { return absl::OkStatus(); }).ok());
  v1::JournalRecord large = Submitted("");
  large.mutable_build_submitted()->mutable_release()->set_name(
      std::string(1 << 20, 'x'));
  for (int i = 0; i < 40; ++i) {
    large.mutable_build_submitted()->set_build_id(absl::StrCat(i));
    ASSERT_TRUE(store->Commit({large}).ok());
    if (i > 1) {
      ASSERT_TRUE(store->Commit({Pruned(absl::StrCat(i - 2))}).ok());
    }
  }
  uintmax_t size = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    size += entry.file_size();
  }
  EXPECT_LT(size, 20u << 20);
  store.reset();
  EXPECT_LT(std::filesystem::file_size(file_), 3u << 20);
}

TEST_F(SqliteStateStoreTest, AJournalOfFormat1IsRewritten) {
  std::filesystem::create_directories(directory_);
  const std::string a =
      absl::BytesToHexString(Submitted("a").SerializeAsString());
  const std::string b =
      absl::BytesToHexString(Submitted("b").SerializeAsString());
  Sql(absl::StrCat("CREATE TABLE meta(key TEXT PRIMARY KEY, value);"
                   "CREATE TABLE journal(sequence INTEGER PRIMARY KEY,"
                   " record BLOB NOT NULL);"
                   "INSERT INTO meta VALUES('format', 1);"
                   "INSERT INTO journal VALUES(1, x'",
                   a,
                   "');"
                   "INSERT INTO journal VALUES(2, x'",
                   b, "');")
          .c_str());
  std::vector<std::string> ids;
  ASSERT_TRUE(Replay(&ids).ok());
  EXPECT_THAT(ids, ElementsAre("a", "b"));
  // From now on it shrinks when builds go, as new ones do.
  EXPECT_EQ(Number("PRAGMA auto_vacuum"), 2);
  ASSERT_TRUE(Open()->Commit({Submitted("c")}).ok());
  ids.clear();
  ASSERT_TRUE(Replay(&ids).ok());
  EXPECT_THAT(ids, ElementsAre("a", "b", "c"));
}

TEST_F(SqliteStateStoreTest, AJournalOfFormat1WithAGapIsRefusedAndLeftAlone) {
  std::filesystem::create_directories(directory_);
  Sql("CREATE TABLE meta(key TEXT PRIMARY KEY, value);"
      "CREATE TABLE journal(sequence INTEGER PRIMARY KEY,"
      " record BLOB NOT NULL);"
      "INSERT INTO meta VALUES('format', 1);"
      "INSERT INTO journal VALUES(2, x'');");
  for (int i = 0; i < 2; ++i) {
    const auto store = OpenSqliteStateStore(directory_);
    EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(store.status().message()),
                HasSubstr("record 1 is missing"));
  }
}

TEST_F(SqliteStateStoreTest, ARecordOfFormat1ThatCannotBeReadIsNamed) {
  std::filesystem::create_directories(directory_);
  Sql("CREATE TABLE meta(key TEXT PRIMARY KEY, value);"
      "CREATE TABLE journal(sequence INTEGER PRIMARY KEY,"
      " record BLOB NOT NULL);"
      "INSERT INTO meta VALUES('format', 1);"
      "INSERT INTO journal VALUES(1, x'ff');");
  const auto store = OpenSqliteStateStore(directory_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(store.status().message()),
              HasSubstr("record 1 cannot be read"));
}

TEST_F(SqliteStateStoreTest, SaysWhichRecordDoesNotFit) {
  Write();
  const absl::Status status = Open()->Replay([](const v1::JournalRecord&) {
    return absl::DataLossError("no such build");
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("record 1: no such build"));
}

TEST_F(SqliteStateStoreTest, RefusesAFileThatIsNotADatabase) {
  std::filesystem::create_directories(directory_);
  std::ofstream(file_) << std::string(8192, 'x');
  const auto store = OpenSqliteStateStore(directory_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss)
      << store.status();
}

}  // namespace
}  // namespace kso::coordinator
