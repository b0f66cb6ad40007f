// SPDX-License-Identifier: Apache-2.0
#include "common/files/remove_tree.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/files/file_io.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso {
namespace {

namespace fs = std::filesystem;

class RemoveTreeTest : public ::testing::Test {
 protected:
  const testing::TempDirectory directory_;
  const fs::path tree_ = directory_.path() / "tree";
};

TEST_F(RemoveTreeTest, RemovesFilesLinksAndDirectories) {
  fs::create_directories(tree_ / "a/b");
  fs::create_directories(tree_ / "c");
  std::ofstream(tree_ / "a/b/file") << "x";
  std::ofstream(tree_ / ".hidden") << "x";
  ASSERT_EQ(mkfifo((tree_ / "c/fifo").c_str(), 0600), 0);
  EXPECT_TRUE(RemoveTree(tree_).ok());
  EXPECT_FALSE(fs::exists(tree_));
  EXPECT_TRUE(RemoveTree(tree_).ok());
  std::ofstream(tree_) << "a file";
  EXPECT_TRUE(RemoveTree(tree_).ok());
  EXPECT_FALSE(fs::exists(tree_));
}

TEST_F(RemoveTreeTest, WhatALinkNamesStays) {
  const fs::path outside = directory_.path() / "outside";
  fs::create_directories(outside);
  std::ofstream(outside / "file") << "x";
  fs::create_directories(tree_);
  fs::create_directory_symlink(outside, tree_ / "link");
  EXPECT_TRUE(RemoveTree(tree_).ok());
  EXPECT_FALSE(fs::exists(tree_));
  fs::create_directory_symlink(outside, tree_);
  EXPECT_TRUE(RemoveTree(tree_).ok());
  EXPECT_TRUE(fs::exists(outside / "file"));
}

// Its path is longer than any path may be, and it has more levels than a
// process has files.
TEST_F(RemoveTreeTest, RemovesATreeOfAnyDepth) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  constexpr int kDepth = 3'000;
  ASSERT_EQ(mkdir(tree_.c_str(), 0700), 0);
  int here = open(tree_.c_str(), O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < kDepth; ++i) {
    ASSERT_EQ(mkdirat(here, "d", 0700), 0);
    const int below = openat(here, "d", O_RDONLY | O_DIRECTORY);
    ASSERT_GE(below, 0);
    close(here);
    here = below;
  }
  close(here);
  rlimit few = before;
  few.rlim_cur = 64;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_TRUE(RemoveTree(tree_).ok());
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_FALSE(fs::exists(tree_));
}

// Opens nothing but the numbers up to the `count` lowest that are free.
class FewFiles {
 public:
  explicit FewFiles(int count) {
    std::vector<FileDescriptor> taken;
    for (int i = 0; i < count; ++i) {
      taken.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
    }
    EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(taken.back().get()) + 1;
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  }
  ~FewFiles() { setrlimit(RLIMIT_NOFILE, &before_); }
  FewFiles(const FewFiles&) = delete;
  FewFiles& operator=(const FewFiles&) = delete;

 private:
  rlimit before_;
};

TEST_F(RemoveTreeTest, HasTwoFilesOpenAtMost) {
  fs::create_directories(tree_ / "a/b/c");
  fs::create_directories(tree_ / "d");
  absl::Status status;
  {
    const FewFiles few(2);
    status = RemoveTree(tree_);
  }
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_FALSE(fs::exists(tree_));
}

TEST_F(RemoveTreeTest, SaysWhyADirectoryCannotBeListed) {
  fs::create_directories(tree_ / "a");
  absl::Status status;
  {
    const FewFiles few(1);
    status = RemoveTree(tree_);
  }
  EXPECT_NE(std::string(status.message()).find("cannot list below"),
            std::string::npos)
      << status;
  EXPECT_TRUE(fs::exists(tree_ / "a"));
}

TEST_F(RemoveTreeTest, RemovesTheRestAfterAnError) {
  if (geteuid() == 0) GTEST_SKIP() << "root removes anything";
  fs::create_directories(tree_ / "closed");
  std::ofstream(tree_ / "closed/file") << "x";
  std::ofstream(tree_ / "file") << "x";
  fs::permissions(tree_ / "closed", fs::perms::owner_read);
  EXPECT_FALSE(RemoveTree(tree_).ok());
  EXPECT_FALSE(fs::exists(tree_ / "file"));
  fs::permissions(tree_ / "closed", fs::perms::owner_all);
}

}  // namespace
}  // namespace kso
