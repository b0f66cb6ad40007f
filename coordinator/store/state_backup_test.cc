// SPDX-License-Identifier: Apache-2.0
#include "coordinator/store/state_backup.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "coordinator/store/sqlite_state_store.h"
#include "gtest/gtest.h"
#include "kso/v1/journal.pb.h"
#include "tests/fakes/temp_directory.h"

namespace kso::coordinator {
namespace {

namespace fs = std::filesystem;

v1::JournalRecord RecordOf(int worker) {
  v1::JournalRecord record;
  record.mutable_worker_drained()->set_worker(absl::StrCat("worker-", worker));
  return record;
}

int64_t RecordsIn(StateStore& store) {
  int64_t records = 0;
  EXPECT_TRUE(store
                  .Replay([&records](const v1::JournalRecord&) {
                    ++records;
                    return absl::OkStatus();
                  })
                  .ok());
  return records;
}

class StateBackupTest : public ::testing::Test {
 protected:
  StateBackupTest() { fs::create_directory(copy_); }

  kso::testing::TempDirectory directory_;
  const fs::path state_ = directory_.path() / "state";
  // The directory that the copy is put into.
  const fs::path copy_ = directory_.path() / "copy";
};

TEST_F(StateBackupTest, ACopyOfAJournalInUseOpensAndHasWhatWasCommitted) {
  auto store = OpenSqliteStateStore(state_);
  ASSERT_TRUE(store.ok()) << store.status();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE((*store)->Commit({RecordOf(i)}).ok());
  }
  const auto records = CopyJournal(state_, copy_ / kJournalFile);
  ASSERT_TRUE(records.ok()) << records.status();
  EXPECT_EQ(*records, 3);
  // The farm goes on, and the copy does not.
  ASSERT_TRUE((*store)->Commit({RecordOf(3)}).ok());
  EXPECT_EQ(RecordsIn(**store), 4);

  auto restored = OpenSqliteStateStore(copy_);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(RecordsIn(**restored), 3);
  EXPECT_TRUE((*restored)->Commit({RecordOf(7)}).ok());
}

TEST_F(StateBackupTest, NothingButTheCopyIsLeftBehind) {
  ASSERT_TRUE(OpenSqliteStateStore(state_).ok());
  ASSERT_TRUE(CopyJournal(state_, copy_ / kJournalFile).ok());
  int files = 0;
  for (const auto& entry : fs::directory_iterator(copy_)) {
    EXPECT_EQ(entry.path().filename(), kJournalFile);
    ++files;
  }
  EXPECT_EQ(files, 1);
}

TEST_F(StateBackupTest, DamageWhereNoRecordIsIsFoundToo) {
  ASSERT_TRUE(OpenSqliteStateStore(state_).ok());
  std::fstream file(state_ / kJournalFile,
                    std::ios::in | std::ios::out | std::ios::binary);
  // The number of free pages.
  file.seekp(36);
  file << std::string("\0\0\0\x5", 4);
  file.close();
  EXPECT_TRUE(
      absl::IsDataLoss(CopyJournal(state_, copy_ / kJournalFile).status()));
}

TEST_F(StateBackupTest, WhatIsNoDatabaseIsNotCopied) {
  std::ofstream(directory_.path() / "tokens.sqlite") << std::string(8192, 'x');
  EXPECT_FALSE(
      CopyDatabase(directory_.path() / "tokens.sqlite", copy_ / "tokens.sqlite")
          .ok());
}

TEST_F(StateBackupTest, ADamagedJournalIsNoBackup) {
  {
    auto store = OpenSqliteStateStore(state_);
    ASSERT_TRUE(store.ok());
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE((*store)->Commit({RecordOf(i)}).ok());
    }
  }
  std::fstream file(state_ / kJournalFile,
                    std::ios::in | std::ios::out | std::ios::binary);
  // Several pages of records.
  file.seekp(16384);
  file << std::string(12288, 'x');
  file.close();
  EXPECT_TRUE(
      absl::IsDataLoss(CopyJournal(state_, copy_ / kJournalFile).status()));
}

}  // namespace
}  // namespace kso::coordinator
