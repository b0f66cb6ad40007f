// SPDX-License-Identifier: Apache-2.0
#include "common/files/private_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

class PrivateDirectoryTest : public ::testing::Test {
 protected:
  static int ModeOf(const fs::path& path) {
    struct stat info = {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return static_cast<int>(info.st_mode & 07777);
  }

  const testing::TempDirectory temp_;
  const fs::path path_ = temp_.path() / "some" / "state";
};

TEST_F(PrivateDirectoryTest, IsMadeForThisUserAlone) {
  ASSERT_TRUE(MakePrivateDirectory(path_, "state directory").ok());
  EXPECT_EQ(ModeOf(path_), 0700);
  EXPECT_TRUE(MakePrivateDirectory(path_, "state directory").ok());
  EXPECT_TRUE(MakePrivateDirectory(temp_.path() / "with-slash/", "cache").ok());
  EXPECT_EQ(ModeOf(temp_.path() / "with-slash"), 0700);
}

TEST_F(PrivateDirectoryTest, OneThatOthersCouldReadIsClosed) {
  fs::create_directories(path_);
  fs::permissions(path_, fs::perms(0755));
  ASSERT_TRUE(MakePrivateDirectory(path_, "state directory").ok());
  EXPECT_EQ(ModeOf(path_), 0700);
}

TEST_F(PrivateDirectoryTest, OneThatOthersMayWriteIsRefusedAndNotChanged) {
  fs::create_directories(path_);
  for (const int mode : {0777, 01777, 0770, 0702, 0720}) {
    fs::permissions(path_, fs::perms(mode));
    const absl::Status refused = MakePrivateDirectory(path_, "cache directory");
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(refused.message(), HasSubstr(path_.string()));
    EXPECT_THAT(refused.message(), HasSubstr("cache directory"));
    EXPECT_THAT(refused.message(), HasSubstr("chmod 700"));
    EXPECT_EQ(ModeOf(path_), mode);
  }
}

TEST_F(PrivateDirectoryTest, OneOfAnotherUserIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "takes root";
  fs::create_directories(path_);
  ASSERT_EQ(::chown(path_.c_str(), 12345, 12345), 0);
  fs::permissions(path_, fs::perms(0700));
  const absl::Status refused = MakePrivateDirectory(path_, "state directory");
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("user 12345"));
}

TEST_F(PrivateDirectoryTest, ALinkToADirectoryIsAsThatDirectory) {
  fs::create_directories(path_);
  fs::permissions(path_, fs::perms(0755));
  const fs::path link = temp_.path() / "link";
  fs::create_symlink(path_, link);
  ASSERT_TRUE(MakePrivateDirectory(link, "state directory").ok());
  EXPECT_EQ(ModeOf(path_), 0700);
  fs::permissions(path_, fs::perms(0777));
  EXPECT_FALSE(MakePrivateDirectory(link, "state directory").ok());
}

TEST_F(PrivateDirectoryTest, AFileIsNone) {
  std::ofstream(temp_.path() / "file") << "x";
  EXPECT_FALSE(MakePrivateDirectory(temp_.path() / "file", "cache").ok());
  EXPECT_FALSE(MakePrivateDirectory(temp_.path() / "file/below", "cache").ok());
}

class WayTest : public PrivateDirectoryTest {
 protected:
  WayTest() { fs::create_directories(above_); }

  // Says that the directory is refused, and for which one.
  static void ExpectRefused(const fs::path& directory, const fs::path& place) {
    const absl::Status refused = CheckWayTo(directory, "state directory");
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition)
        << directory << " " << refused;
    EXPECT_THAT(refused.message(), HasSubstr(directory.string()));
    EXPECT_THAT(refused.message(), HasSubstr(place.string() + " "));
  }

  const fs::path above_ = temp_.path() / "some";
};

TEST_F(WayTest, DirectoriesOfOnesOwnArePassed) {
  EXPECT_TRUE(CheckWayTo(path_, "state directory").ok());
  ASSERT_TRUE(MakePrivateDirectory(path_, "state directory").ok());
  EXPECT_TRUE(CheckWayTo(path_, "state directory").ok());
  EXPECT_TRUE(CheckWayTo(path_ / "", "state directory").ok());
  EXPECT_TRUE(CheckWayTo(path_ / "not" / "yet", "state directory").ok());
  EXPECT_TRUE(CheckWayTo(above_ / "no" / ".." / "state", "it").ok());
}

TEST_F(WayTest, ADirectoryAboveThatEverybodyMayWriteIsRefused) {
  fs::permissions(above_, fs::perms(0777));
  ExpectRefused(path_, above_);
  ExpectRefused(path_ / "below" / "it", above_);
  ExpectRefused(above_ / "." / ".." / "some" / "state", above_);
  EXPECT_THAT(CheckWayTo(path_, "state directory", "say --please").message(),
              HasSubstr(", or say --please"));
  // Entries of such a directory are their owners', as in /tmp.
  fs::permissions(above_, fs::perms(01777));
  EXPECT_TRUE(CheckWayTo(path_, "state directory").ok());
}

TEST_F(WayTest, ALinkThatOthersMayChangeIsRefused) {
  const fs::path open = temp_.path() / "open";
  fs::create_directories(open);
  fs::create_symlink(above_, open / "link");
  fs::create_symlink("open/link", temp_.path() / "first");
  EXPECT_TRUE(CheckWayTo(open / "link" / "state", "it").ok());
  EXPECT_TRUE(CheckWayTo(temp_.path() / "first" / "state", "it").ok());
  fs::permissions(open, fs::perms(0777));
  ExpectRefused(open / "link" / "state", open);
  ExpectRefused(temp_.path() / "first" / "state", open);
  // The link itself may be what is named.
  ExpectRefused(temp_.path() / "first", open);
  EXPECT_TRUE(CheckWayTo(path_, "it").ok());
}

TEST_F(WayTest, LinksThatLeadToEachOtherEnd) {
  fs::create_symlink("b", temp_.path() / "a");
  fs::create_symlink("a", temp_.path() / "b");
  EXPECT_FALSE(CheckWayTo(temp_.path() / "a" / "state", "it").ok());
}

TEST_F(WayTest, AsManyLinksAreFollowedAsTheKernelFollows) {
  const fs::path temp = fs::canonical(temp_.path());
  fs::create_symlink("some", temp / "1");
  for (int i = 2; i <= 41; ++i) {
    fs::create_symlink(std::to_string(i - 1), temp / std::to_string(i));
  }
  EXPECT_TRUE(CheckWayTo(temp / "40", "it").ok());
  EXPECT_FALSE(CheckWayTo(temp / "41", "it").ok());
}

TEST_F(WayTest, ADirectoryAboveOfAnotherUserOrGroupIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "takes root";
  const fs::path link = temp_.path() / "link";
  fs::create_symlink(path_, link);
  ASSERT_EQ(::lchown(link.c_str(), 12345, 12345), 0);
  ExpectRefused(link, link);
  ASSERT_EQ(::chown(above_.c_str(), 0, 12345), 0);
  fs::permissions(above_, fs::perms(0755));
  EXPECT_TRUE(CheckWayTo(path_, "state directory").ok());
  fs::permissions(above_, fs::perms(0775));
  ExpectRefused(path_, above_);
  ASSERT_EQ(::chown(above_.c_str(), 12345, 0), 0);
  fs::permissions(above_, fs::perms(01755));
  ExpectRefused(path_, above_);
}

TEST_F(PrivateDirectoryTest, FilesAreClosedWhereTheyAre) {
  const fs::path file = temp_.path() / "journal";
  EXPECT_TRUE(MakePrivateFile(file).ok());
  EXPECT_FALSE(fs::exists(file));
  std::ofstream(file) << "records";
  fs::permissions(file, fs::perms(0644));
  ASSERT_TRUE(MakePrivateFile(file).ok());
  EXPECT_EQ(ModeOf(file), 0600);
  // A key that not even its owner writes to stays so.
  fs::permissions(file, fs::perms(0400));
  ASSERT_TRUE(MakePrivateFile(file).ok());
  EXPECT_EQ(ModeOf(file), 0400);
}

TEST_F(PrivateDirectoryTest, AFileThatCannotBeOpenedIsNamed) {
  const fs::path file = temp_.path() / "journal";
  fs::create_symlink("journal", file);
  EXPECT_THAT(MakePrivateFile(file).message(), HasSubstr(file.string()));
}

}  // namespace
}  // namespace kso
