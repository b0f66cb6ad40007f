#include "coordinator/store/sqlite_state_store.h"

#include <sqlite3.h>

#include <fstream>
#include <string>
#include <vector>

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

  const std::filesystem::path directory_ =
      std::filesystem::path(::testing::TempDir()) /
      ::testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string file_ = (directory_ / "state.sqlite").string();
};

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
  Sql("UPDATE meta SET value = 2");
  const auto store = OpenSqliteStateStore(directory_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(store.status().message()),
              HasSubstr("written by a newer kso"));
}

TEST_F(SqliteStateStoreTest, RefusesARecordThatCannotBeRead) {
  Write();
  Sql("UPDATE journal SET record = x'ffffff' WHERE sequence = 2");
  std::vector<std::string> ids;
  const absl::Status status = Replay(&ids);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("record 2 cannot be read"));
}

TEST_F(SqliteStateStoreTest, RefusesAGap) {
  Write();
  Sql("DELETE FROM journal WHERE sequence = 2");
  std::vector<std::string> ids;
  EXPECT_THAT(std::string(Replay(&ids).message()),
              HasSubstr("record 2 is missing"));
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
