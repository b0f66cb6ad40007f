// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/piece_table.h"

#include <filesystem>
#include <fstream>
#include <memory>

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

TEST_F(PieceTableTest, HoldsNotWithMoreThanThereCanBe) {
  Create(25);
  std::fstream stream(path_, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(fs::file_size(path_)) - 8);
  stream.put(6);
  stream.close();
  EXPECT_TRUE(absl::IsDataLoss(PieceTable::Load(path_).status()));
}

}  // namespace
}  // namespace kso::worker
