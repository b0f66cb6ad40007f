// SPDX-License-Identifier: Apache-2.0
#include "common/files/file_io.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "common/base/status_notes.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso {
namespace {

namespace fs = std::filesystem;

bool IsOpen(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

class FileIoTest : public ::testing::Test {
 protected:
  static std::string ContentOf(const fs::path& path) {
    std::ifstream stream(path);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  }
  static FileDescriptor Nothing() {
    return FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }

  const testing::TempDirectory directory_;
  const fs::path path_ = directory_.path() / "file";
};

TEST_F(FileIoTest, AFileIsClosedWithItsDescriptor) {
  FileDescriptor file = Nothing();
  const int first = file.get();
  ASSERT_TRUE(IsOpen(first));
  file = FileDescriptor();
  EXPECT_FALSE(IsOpen(first));
  int second = -1;
  {
    const FileDescriptor other = Nothing();
    second = other.get();
    ASSERT_TRUE(IsOpen(second));
  }
  EXPECT_FALSE(IsOpen(second));
}

// A program may be started without a standard input.
TEST_F(FileIoTest, TheFirstDescriptorOfAllIsClosedToo) {
  const FileDescriptor input(::dup(STDIN_FILENO));
  const FileDescriptor nothing = Nothing();
  for (const bool assigned : {true, false}) {
    ASSERT_EQ(::dup2(nothing.get(), STDIN_FILENO), STDIN_FILENO);
    {
      FileDescriptor file(STDIN_FILENO);
      if (assigned) file = FileDescriptor();
    }
    EXPECT_FALSE(IsOpen(STDIN_FILENO)) << assigned;
  }
  ::dup2(input.get(), STDIN_FILENO);
}

TEST_F(FileIoTest, ErrorsSayWhatIsExhausted) {
  EXPECT_EQ(ExhaustedResource(FileError(ENOSPC, "write", path_)),
            Resource::kDisk);
  EXPECT_EQ(ExhaustedResource(FileError(EDQUOT, "write", path_)),
            Resource::kDisk);
  EXPECT_EQ(ExhaustedResource(FileError(ENOMEM, "read", path_)),
            Resource::kMemory);
  const absl::Status absent = FileError(ENOENT, "open", "/a");
  EXPECT_TRUE(absl::IsNotFound(absent));
  EXPECT_EQ(ExhaustedResource(absent), Resource::kUnknown);
  EXPECT_EQ(absent.message(), "/a: cannot open: No such file or directory");
}

TEST_F(FileIoTest, AFileIsReplacedAtOnce) {
  // Of a program that was killed meanwhile.
  std::ofstream(path_.string() + ".partial") << "half";
  const auto fill = [](ByteSink& file) { return file.Write("new"); };
  ASSERT_TRUE(ReplaceFile(path_, fill).ok());
  EXPECT_EQ(ContentOf(path_), "new");
  EXPECT_FALSE(fs::exists(path_.string() + ".partial"));
}

TEST_F(FileIoTest, AFileThatCannotBeReplacedStaysAsItWas) {
  std::ofstream(path_) << "old";
  const absl::Status status = ReplaceFile(path_, [](ByteSink& file) {
    return file.Write("half").ok() ? absl::DataLossError("cut")
                                   : absl::OkStatus();
  });
  EXPECT_EQ(status, absl::DataLossError("cut"));
  EXPECT_EQ(ContentOf(path_), "old");
  EXPECT_FALSE(fs::exists(path_.string() + ".partial"));
}

TEST_F(FileIoTest, DirectoriesAreMadeWithTheirParents) {
  const fs::path below = directory_.path() / "a/b/c";
  EXPECT_TRUE(MakeDirectories(below).ok());
  EXPECT_TRUE(fs::is_directory(below));
  EXPECT_TRUE(MakeDirectories(below).ok());
  EXPECT_TRUE(MakeDirectories("").ok());
  EXPECT_TRUE(MakeDirectories(directory_.path() / "d/e/").ok());
  EXPECT_TRUE(fs::is_directory(directory_.path() / "d/e"));
}

TEST_F(FileIoTest, AFileIsNoDirectory) {
  std::ofstream(path_) << "x";
  EXPECT_TRUE(absl::IsAlreadyExists(MakeDirectories(path_)));
  EXPECT_FALSE(MakeDirectories(path_ / "below").ok());
}

}  // namespace
}  // namespace kso
