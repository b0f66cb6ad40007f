// SPDX-License-Identifier: Apache-2.0
#include "common/files/small_file.h"

#include <sys/stat.h>

#include <filesystem>

#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso {
namespace {

int ModeOf(const std::filesystem::path& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : -1;
}

class SmallFileTest : public ::testing::Test {
 protected:
  const testing::TempDirectory directory_;
  const std::filesystem::path path_ = directory_.path() / "file";
};

TEST_F(SmallFileTest, ReadsWhatWasWritten) {
  ASSERT_TRUE(WriteNewFile(path_, "content", kSecretFileMode).ok());
  EXPECT_EQ(*ReadSmallFile(path_, 7), "content");
  EXPECT_EQ(ModeOf(path_), 0600);
  EXPECT_FALSE(OthersMayUse(path_));
}

TEST_F(SmallFileTest, NeverOverwritesWhatShouldBeNew) {
  ASSERT_TRUE(WriteNewFile(path_, "old", kSecretFileMode).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(WriteNewFile(path_, "new", 0600)));
  EXPECT_EQ(*ReadSmallFile(path_, 100), "old");
  // Nor what a link points to.
  const std::filesystem::path link = directory_.path() / "link";
  std::filesystem::create_symlink(directory_.path() / "elsewhere", link);
  EXPECT_FALSE(WriteNewFile(link, "new", 0600).ok());
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "elsewhere"));
}

TEST_F(SmallFileTest, ReplacesAtOnceWithTheModeAskedFor) {
  ASSERT_TRUE(WriteNewFile(path_, "old", kPublicFileMode).ok());
  ASSERT_TRUE(ReplaceSmallFile(path_, "new", kSecretFileMode).ok());
  EXPECT_EQ(*ReadSmallFile(path_, 100), "new");
  EXPECT_EQ(ModeOf(path_), 0600);
}

TEST_F(SmallFileTest, TellsWhoElseMayUseAFile) {
  EXPECT_FALSE(OthersMayUse(path_));
  ASSERT_TRUE(WriteNewFile(path_, "key", kSecretFileMode).ok());
  EXPECT_FALSE(OthersMayUse(path_));
  for (const int mode : {0640, 0602, 0644}) {
    std::filesystem::permissions(path_, std::filesystem::perms(mode));
    EXPECT_TRUE(OthersMayUse(path_)) << mode;
  }
}

TEST_F(SmallFileTest, TakesNoMoreThanAllowed) {
  ASSERT_TRUE(WriteNewFile(path_, "12345678", kSecretFileMode).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(ReadSmallFile(path_, 7).status()));
}

TEST_F(SmallFileTest, ReadsRegularFilesOnlyAndNeverBlocks) {
  EXPECT_TRUE(
      absl::IsInvalidArgument(ReadSmallFile(directory_.path(), 7).status()));
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_TRUE(absl::IsInvalidArgument(ReadSmallFile(path_, 7).status()));
  EXPECT_TRUE(absl::IsNotFound(
      ReadSmallFile(directory_.path() / "missing", 7).status()));
}

TEST_F(SmallFileTest, FollowsLinksToWhatItReads) {
  ASSERT_TRUE(WriteNewFile(path_, "content", kSecretFileMode).ok());
  const std::filesystem::path link = directory_.path() / "link";
  std::filesystem::create_symlink(path_, link);
  EXPECT_EQ(*ReadSmallFile(link, 100), "content");
}

}  // namespace
}  // namespace kso
