// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "coordinator/store/sqlite_state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

// Flips bits everywhere in a state directory. Each time, the coordinator either
// refuses it, or finds exactly what was written.

namespace kso::coordinator {
namespace {

namespace fs = std::filesystem;

using Files = std::map<std::string, std::string>;

class DamageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(directory_);
    auto store = OpenSqliteStateStore(directory_);
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE(
        (*store)->Replay([](const auto&) { return absl::OkStatus(); }).ok());
    // Spread over several pages, with one that is longer than a page, and free
    // pages in between.
    for (int i = 0; i < 12; ++i) {
      v1::JournalRecord record;
      auto* change = record.mutable_build_submitted();
      change->set_build_id("build-" + std::to_string(i));
      change->mutable_release()->set_name(
          std::string(i == 7 ? 9000 : 400, static_cast<char>('a' + i)));
      written_.push_back(record.SerializeAsString());
      ASSERT_TRUE((*store)->Commit({record}).ok());
    }
    v1::JournalRecord pruned;
    pruned.mutable_build_pruned()->set_build_id("build-3");
    ASSERT_TRUE((*store)->Commit({pruned}).ok());
    written_.erase(written_.begin() + 3);
    // As a crash leaves them: with a write-ahead log.
    crashed_ = Read();
    store->reset();
    closed_ = Read();
  }

  Files Read() {
    Files files;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      std::ifstream in(entry.path(), std::ios::binary);
      files[entry.path().filename()] = {std::istreambuf_iterator<char>(in), {}};
    }
    return files;
  }

  void Write(const Files& files) {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    for (const auto& [name, content] : files) {
      std::ofstream(directory_ / name, std::ios::binary) << content;
    }
  }

  // Returns whether the directory was refused; fails when something else than
  // what was written is read.
  bool Refused() {
    auto store = OpenSqliteStateStore(directory_);
    if (!store.ok()) {
      EXPECT_THAT(std::string(store.status().message()),
                  ::testing::HasSubstr(directory_.string()));
      return true;
    }
    std::vector<std::string> read;
    const absl::Status status =
        (*store)->Replay([&](const v1::JournalRecord& record) {
          read.push_back(record.SerializeAsString());
          return absl::OkStatus();
        });
    if (!status.ok()) return true;
    EXPECT_EQ(read, written_);
    return false;
  }

  // Returns how many of the flips were refused.
  int FlipEverywhere(const Files& whole, const std::string& name, size_t step) {
    int refused = 0;
    for (size_t at = 0; at < whole.at(name).size(); at += step) {
      Files files = whole;
      files[name][at] = static_cast<char>(files[name][at] ^ (1 << (at % 8)));
      Write(files);
      SCOPED_TRACE(name + " at " + std::to_string(at));
      refused += Refused() ? 1 : 0;
      if (HasFailure()) break;
    }
    return refused;
  }

  const fs::path directory_ =
      fs::path(::testing::TempDir()) /
      ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::vector<std::string> written_;
  Files crashed_;
  Files closed_;
};

TEST_F(DamageTest, WithoutDamageAllIsRead) {
  Write(closed_);
  EXPECT_FALSE(Refused());
  Write(crashed_);
  EXPECT_FALSE(Refused());
}

TEST_F(DamageTest, InTheDatabase) {
  EXPECT_GT(FlipEverywhere(closed_, "state.sqlite", 293), 10);
}

TEST_F(DamageTest, InTheWriteAheadLog) {
  EXPECT_GT(FlipEverywhere(crashed_, "state.sqlite-wal", 1201), 10);
}

TEST_F(DamageTest, InTheMark) {
  const int size = static_cast<int>(closed_.at("commits").size());
  EXPECT_EQ(FlipEverywhere(closed_, "commits", 1), size);
}

TEST_F(DamageTest, ACutFile) {
  for (const char* name : {"state.sqlite", "state.sqlite-wal"}) {
    const std::string& content = crashed_.at(name);
    for (size_t size = 0; size < content.size(); size += 4001) {
      Files files = crashed_;
      files[name] = content.substr(0, size);
      Write(files);
      SCOPED_TRACE(std::string(name) + " cut to " + std::to_string(size));
      Refused();
    }
  }
}

}  // namespace
}  // namespace kso::coordinator
