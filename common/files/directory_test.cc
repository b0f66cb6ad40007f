// SPDX-License-Identifier: Apache-2.0
#include "common/files/directory.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "common/base/strings.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso {
namespace {

namespace fs = std::filesystem;

class DirectoryTest : public ::testing::Test {
 protected:
  DirectoryTest() {
    fs::create_directories(root_ / "a/b");
    std::ofstream(root_ / "a/b/deep") << "x";
    std::ofstream(root_ / "flat") << "x";
  }

  VisitEntry Collect() {
    return [this](const fs::directory_entry& entry) {
      seen_.insert(entry.path().lexically_relative(root_).string());
    };
  }

  const testing::TempDirectory directory_;
  const fs::path root_ = directory_.path() / "root";
  std::set<std::string> seen_;
};

TEST_F(DirectoryTest, FindsTheEntriesOfADirectory) {
  ASSERT_TRUE(ForEachEntry(root_, Collect()).ok());
  EXPECT_EQ(seen_, (std::set<std::string>{"a", "flat"}));
}

TEST_F(DirectoryTest, FindsAllThatIsBelowADirectory) {
  ASSERT_TRUE(ForEachEntryBelow(root_, Collect()).ok());
  EXPECT_EQ(seen_, (std::set<std::string>{"a", "a/b", "a/b/deep", "flat"}));
}

TEST_F(DirectoryTest, DoesNotFollowLinks) {
  fs::create_directory_symlink(root_, root_ / "loop");
  ASSERT_TRUE(ForEachEntryBelow(root_, Collect()).ok());
  EXPECT_TRUE(seen_.contains("loop"));
  EXPECT_FALSE(seen_.contains("loop/flat"));
}

TEST_F(DirectoryTest, TakesAMissingDirectoryForAnEmptyOne) {
  EXPECT_TRUE(ForEachEntry(root_ / "none", Collect()).ok());
  EXPECT_TRUE(ForEachEntryBelow(root_ / "none", Collect()).ok());
  EXPECT_TRUE(seen_.empty());
}

TEST_F(DirectoryTest, PassesOverADirectoryThatVanishes) {
  std::set<std::string> before;
  const auto status =
      ForEachEntryBelow(root_, [&](const fs::directory_entry& entry) {
        before.insert(entry.path().filename().string());
        if (entry.path() == root_ / "a") fs::remove_all(entry.path());
      });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(before, (std::set<std::string>{"a", "flat"}));
}

TEST_F(DirectoryTest, SaysWhatCannotBeListed) {
  const absl::Status status = ForEachEntry(root_ / "flat", Collect());
  EXPECT_NE(ToStd(status.message()).find("flat: cannot list"),
            std::string_view::npos)
      << status;
}

}  // namespace
}  // namespace kso
