// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/piece_table.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;

class PieceTableTest : public ::testing::Test {
 protected:
  PieceTableTest()
      : path_(fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove(path_);
  }

  std::unique_ptr<PieceTable> Create(int64_t present) {
    return PieceTable::Create(path_, 95, 10, present).value();
  }

  // The numbers of the file: the size of the whole, that of a piece, and then
  // how much of each piece is there.
  static constexpr int kTotal = 0;
  static constexpr int kPieceBytes = 1;
  static constexpr int kFirstPiece = 2;

  void WriteNumber(int number, int64_t value) {
    constexpr int kNumbersBegin = 56;
    std::fstream stream(path_, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(kNumbersBegin + 8 * number);
    stream.write(reinterpret_cast<const char*>(&value), sizeof value);
  }

  const fs::path path_;
};

TEST_F(PieceTableTest, KnowsWhatIsMissing) {
  const auto table = Create(25);
  EXPECT_EQ(table->count(), 10);
  EXPECT_EQ(table->Missing(1).length, 0);
  EXPECT_EQ(table->Missing(2).first, 25);
  EXPECT_EQ(table->Missing(2).end(), 30);
  EXPECT_EQ(table->Missing(9).end(), 95);
  EXPECT_EQ(table->GapAfter(0), 25);
  EXPECT_EQ(table->GapAfter(27), 27);

  ASSERT_TRUE(table->Add(3, 10).ok());
  ASSERT_TRUE(table->Add(4, 2).ok());
  EXPECT_EQ(table->GapAfter(0), 25);
  EXPECT_EQ(table->GapAfter(30), 42);
  EXPECT_EQ(table->present(), 37);
  EXPECT_EQ(table->End(), 42);
  ASSERT_TRUE(table->Add(2, 5).ok());
  EXPECT_EQ(table->GapAfter(0), 42);
}

TEST_F(PieceTableTest, IsFoundAgain) {
  EXPECT_EQ(PieceTable::Load(path_).value(), nullptr);
  ASSERT_TRUE(Create(25)->Add(7, 3).ok());
  const auto table = PieceTable::Load(path_).value();
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->total(), 95);
  EXPECT_EQ(table->present(), 28);
  EXPECT_EQ(table->Missing(7).first, 73);
}

TEST_F(PieceTableTest, HoldsNotWhenItIsCutShort) {
  Create(25);
  for (auto size = fs::file_size(path_); size-- > 0;) {
    fs::resize_file(path_, size);
    EXPECT_TRUE(absl::IsDataLoss(PieceTable::Load(path_).status())) << size;
  }
}

TEST_F(PieceTableTest, HoldsNotAfterTheMachineWentDown) {
  Create(25);
  std::fstream stream(path_, std::ios::in | std::ios::out | std::ios::binary);
  // Within the name of the boot.
  stream.seekp(20);
  stream.put('#');
  stream.close();
  EXPECT_TRUE(absl::IsDataLoss(PieceTable::Load(path_).status()));
}

TEST_F(PieceTableTest, IsOfThisBootOfTheMachine) {
  Create(25);
  std::string boot;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
  std::ifstream stream(path_, std::ios::binary);
  const std::string table{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_NE(table.find(boot), std::string::npos);
}

TEST_F(PieceTableTest, HoldsNotWithNumbersThatCannotBe) {
  const struct {
    int number;
    int64_t value;
  } kCases[] = {{kTotal, 0},           {kTotal, -5},        {kPieceBytes, 0},
                {kPieceBytes, -1},     {kFirstPiece, -1},   {kFirstPiece, 11},
                {kFirstPiece + 9, -1}, {kFirstPiece + 9, 6}};
  for (const auto& [number, value] : kCases) {
    Create(25);
    WriteNumber(number, value);
    EXPECT_TRUE(absl::IsDataLoss(PieceTable::Load(path_).status()))
        << number << " " << value;
  }
  Create(25);
  WriteNumber(kFirstPiece, 10);
  WriteNumber(kFirstPiece + 9, 5);
  ASSERT_TRUE(PieceTable::Load(path_).ok());
  EXPECT_EQ(PieceTable::Load(path_).value()->present(), 30);
}

TEST_F(PieceTableTest, OneByteInOnePieceIsAFileToo) {
  ASSERT_TRUE(PieceTable::Create(path_, 1, 1, 0).ok());
  const auto table = PieceTable::Load(path_).value();
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->count(), 1);
  EXPECT_EQ(table->Missing(0).length, 1);
}

TEST_F(PieceTableTest, HasSoManyPiecesAndNoMore) {
  constexpr int64_t kMost = 1 << 20;
  ASSERT_TRUE(PieceTable::Create(path_, kMost, 1, 0).ok());
  EXPECT_TRUE(PieceTable::Load(path_).ok());
  ASSERT_TRUE(PieceTable::Create(path_, kMost + 1, 1, 0).ok());
  EXPECT_TRUE(absl::IsDataLoss(PieceTable::Load(path_).status()));
}

TEST_F(PieceTableTest, TheLastPieceHasTheRest) {
  for (const int64_t total : {91, 95, 100}) {
    const auto made = PieceTable::Create(path_, total, 10, 0).value();
    const auto found = PieceTable::Load(path_).value();
    ASSERT_NE(found, nullptr) << total;
    for (const PieceTable* table : {made.get(), found.get()}) {
      EXPECT_EQ(table->count(), 10) << total;
      EXPECT_EQ(table->Missing(9).first, 90) << total;
      EXPECT_EQ(table->Missing(9).length, total - 90) << total;
    }
  }
}

TEST_F(PieceTableTest, KnowsEveryByteOfAWholeFile) {
  // More bytes than the file will have are no more of it.
  for (const int64_t present : {95, 120}) {
    const auto table = Create(present);
    EXPECT_EQ(table->present(), 95) << present;
    EXPECT_EQ(table->GapAfter(0), 95) << present;
    EXPECT_EQ(table->GapAfter(95), 95) << present;
    EXPECT_EQ(table->End(), 95) << present;
    EXPECT_EQ(table->Missing(9).length, 0) << present;
  }
}

TEST_F(PieceTableTest, KnowsASingleByte) {
  const auto table = Create(0);
  EXPECT_EQ(table->present(), 0);
  EXPECT_EQ(table->End(), 0);
  EXPECT_EQ(table->GapAfter(0), 0);
  ASSERT_TRUE(table->Add(0, 1).ok());
  EXPECT_EQ(table->End(), 1);
  EXPECT_EQ(table->GapAfter(0), 1);
  // The last one of a piece.
  ASSERT_TRUE(table->Add(0, 8).ok());
  EXPECT_EQ(table->GapAfter(0), 9);
  ASSERT_TRUE(table->Add(0, 1).ok());
  EXPECT_EQ(table->GapAfter(0), 10);
  ASSERT_TRUE(table->Add(9, 1).ok());
  EXPECT_EQ(table->End(), 91);
  EXPECT_EQ(table->present(), 11);
}

TEST_F(PieceTableTest, WhatCannotBeOpenedIsNotAbsent) {
  std::ofstream(path_) << "a file in the place of a directory";
  const absl::Status status = PieceTable::Load(path_ / "table").status();
  EXPECT_FALSE(status.ok());
  EXPECT_FALSE(absl::IsDataLoss(status)) << status;
}

// A worker that runs for weeks would have no descriptors left.
TEST_F(PieceTableTest, LeavesNoFileOpen) {
  const auto open_files = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"),
                         fs::directory_iterator());
  };
  const auto before = open_files();
  Create(25);
  PieceTable::Load(path_).value().reset();
  EXPECT_EQ(open_files(), before);
}

}  // namespace
}  // namespace kso::worker
