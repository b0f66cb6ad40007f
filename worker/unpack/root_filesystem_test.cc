// SPDX-License-Identifier: Apache-2.0
#include "worker/unpack/root_filesystem.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "gtest/gtest.h"
#include "tests/fakes/shell.h"
#include "worker/unpack/beneath.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;

class RootFilesystemTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root makes whiteouts";
    testing::Shell("mkdir -p " + root_.directory.string() + " && cd " +
                   root_.directory.string() +
                   " && mkdir -p low/etc/sub high/etc middle &&"
                   " echo low > low/etc/passwd && echo low > low/etc/group &&"
                   " echo low > low/etc/sub/file && ln -s passwd low/etc/link");
  }
  ~RootFilesystemTest() override { fs::remove_all(root_.directory); }

  void InHigh(const std::string& command) {
    testing::Shell("cd " + (root_.directory / "high").string() + " && " +
                   command);
  }

  const RootFilesystem root_ = {
      .directory = fs::path(::testing::TempDir()) / "root_filesystem",
      .layers = {{.name = "low"}, {.name = "middle"}, {.name = "high"}}};
};

TEST_F(RootFilesystemTest, TheHighestLayerHasTheWord) {
  InHigh("echo high > etc/passwd");
  EXPECT_EQ(ReadFileOf(root_, "/etc/passwd").value(), "high\n");
  EXPECT_EQ(ReadFileOf(root_, "etc/group").value(), "low\n");
  EXPECT_TRUE(absl::IsNotFound(ReadFileOf(root_, "etc/none").status()));
}

TEST_F(RootFilesystemTest, WhiteoutsHideLowerLayers) {
  InHigh("mknod etc/passwd c 0 0");
  EXPECT_TRUE(absl::IsNotFound(ReadFileOf(root_, "etc/passwd").status()));
  InHigh("rmdir etc 2>/dev/null || rm -r etc; mknod etc c 0 0");
  EXPECT_TRUE(absl::IsNotFound(ReadFileOf(root_, "etc/group").status()));
}

TEST_F(RootFilesystemTest, OpaqueDirectoriesHideLowerLayers) {
  InHigh("mkdir etc/sub");
  EXPECT_EQ(ReadFileOf(root_, "etc/sub/file").value(), "low\n");
  {
    const FileDescriptor etc(open((root_.directory / "high/etc").c_str(),
                                  O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(MakeOpaque(etc.get()));
  }
  // Whatever the directories below it say.
  for (const char* path : {"etc/passwd", "etc/sub/file"}) {
    EXPECT_TRUE(absl::IsNotFound(ReadFileOf(root_, path).status())) << path;
  }
  InHigh("echo high > etc/passwd");
  EXPECT_EQ(ReadFileOf(root_, "etc/passwd").value(), "high\n");
}

TEST_F(RootFilesystemTest, OnlyFilesInDirectoriesAreRead) {
  for (const char* path : {"etc", "etc/sub", "etc/passwd/x"}) {
    EXPECT_EQ(ReadFileOf(root_, path).status().code(),
              absl::StatusCode::kFailedPrecondition)
        << path;
  }
}

TEST_F(RootFilesystemTest, NoLinkIsFollowed) {
  EXPECT_EQ(ReadFileOf(root_, "etc/link").status().code(),
            absl::StatusCode::kFailedPrecondition);
  InHigh("rmdir etc && ln -s /etc etc");
  EXPECT_EQ(ReadFileOf(root_, "etc/passwd").status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace kso::worker
