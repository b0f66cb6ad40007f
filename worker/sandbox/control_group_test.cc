// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/control_group.h"

#include <sys/xattr.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

// A directory in place of the kernel's.
class ControlGroupTest : public ::testing::Test {
 protected:
  void SetUp() override { Make(root_ / "cgroup.controllers"); }

  static void Make(const fs::path& file) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << "";
  }

  static std::string Content(const fs::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  const testing::TempDirectory temp_;
  const fs::path root_ = temp_.path();
};

TEST_F(ControlGroupTest, AContainersOwnHierarchyIsDivided) {
  const auto images = DivideControlGroup(root_, "1:name=systemd:/x\n0::/\n");
  ASSERT_TRUE(images.ok()) << images.status();
  EXPECT_EQ(*images, "/images");
  // Otherwise the kernel hands no limits down.
  EXPECT_EQ(Content(root_ / "worker/cgroup.procs"), std::to_string(getpid()));
  for (const char* group : {".", "images"}) {
    EXPECT_EQ(Content(root_ / group / "cgroup.subtree_control"),
              "+memory +pids");
  }
}

TEST_F(ControlGroupTest, AGroupOfOthersIsNotTouched) {
  fs::create_directories(root_ / "user.slice");
  const auto images = DivideControlGroup(root_, "0::/user.slice\n");
  EXPECT_EQ(images.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(images.status().message(), HasSubstr("Delegate="));
  EXPECT_TRUE(fs::is_empty(root_ / "user.slice"));
}

TEST_F(ControlGroupTest, AUnitThatIsDelegatedIsDivided) {
  const fs::path unit = root_ / "system.slice/kso.service";
  fs::create_directories(unit);
  if (setxattr(unit.c_str(), "user.delegate", "1", 1, 0) != 0) {
    GTEST_SKIP() << "no extended attributes here";
  }
  const auto images =
      DivideControlGroup(root_, "0::/system.slice/kso.service\n");
  ASSERT_TRUE(images.ok()) << images.status();
  EXPECT_EQ(*images, "/system.slice/kso.service/images");
  EXPECT_TRUE(fs::exists(unit / "worker/cgroup.procs"));
}

TEST_F(ControlGroupTest, WithoutVersion2ThereIsNone) {
  EXPECT_FALSE(DivideControlGroup(root_, "4:pids:/\n").ok());
  fs::remove(root_ / "cgroup.controllers");
  EXPECT_FALSE(DivideControlGroup(root_, "0::/\n").ok());
}

TEST_F(ControlGroupTest, AnImagesGroupHasLimits) {
  fs::create_directories(root_ / "images");
  const auto group = ControlGroup::Create(root_, "/images", "kso-1");
  ASSERT_TRUE(group.ok()) << group.status();
  EXPECT_EQ((*group)->PathForImage(), "/images/kso-1/image");
  EXPECT_EQ(Content(root_ / "images/kso-1/memory.max"), "4294967296");
  EXPECT_EQ(Content(root_ / "images/kso-1/pids.max"), "1024");
  Make(root_ / "images/kso-1/runtime/cgroup.procs");
  EXPECT_TRUE((*group)->Enter());
  EXPECT_EQ(Content(root_ / "images/kso-1/runtime/cgroup.procs"), "0");
}

TEST_F(ControlGroupTest, WhereNoneCanBeMadeTheErrorSaysWhich) {
  const auto group = ControlGroup::Create(root_, "/nowhere", "kso-1");
  EXPECT_THAT(group.status().message(), HasSubstr("/nowhere/kso-1"));
}

}  // namespace
}  // namespace kso::worker
