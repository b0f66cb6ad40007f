// SPDX-License-Identifier: Apache-2.0
#include "common/files/free_space.h"

#include <sys/statvfs.h>

#include <cstdint>
#include <filesystem>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso {
namespace {

TEST(FreeSpaceTest, IsThatOfTheDirectorysFileSystem) {
  const testing::TempDirectory directory;
  const auto space = std::filesystem::space(directory.path());
  const auto disk = DiskBytes(directory.path());
  ASSERT_TRUE(disk.ok()) << disk.status();
  EXPECT_EQ(*disk, static_cast<int64_t>(space.capacity));
  // Others write to it meanwhile.
  const auto free = FreeBytes(directory.path());
  ASSERT_TRUE(free.ok()) << free.status();
  EXPECT_GE(*free, static_cast<int64_t>(space.available / 2));
  EXPECT_LE(*free, *disk);
}

TEST(FreeSpaceTest, FilesAreCountedWhereTheFileSystemCountsThem) {
  const testing::TempDirectory directory;
  struct statvfs info;
  ASSERT_EQ(::statvfs(directory.path().c_str(), &info), 0);
  const auto files = FreeFiles(directory.path());
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(files->has_value(), info.f_files != 0);
}

TEST(FreeSpaceTest, ADirectoryThatIsNotThereHasNone) {
  const testing::TempDirectory directory;
  EXPECT_TRUE(absl::IsNotFound(FreeBytes(directory.path() / "no").status()));
  EXPECT_TRUE(absl::IsNotFound(DiskBytes(directory.path() / "no").status()));
  EXPECT_TRUE(absl::IsNotFound(FreeFiles(directory.path() / "no").status()));
}

}  // namespace
}  // namespace kso
