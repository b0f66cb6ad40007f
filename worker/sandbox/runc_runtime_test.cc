// SPDX-License-Identifier: Apache-2.0
#include <linux/magic.h>
#include <signal.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "common/base/strings.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/fakes/shell.h"
#include "worker/sandbox/container.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;

// Runs this machine's shell out of two layers.
class RuncRuntimeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(directory_ / "run");
    const auto support = ProbeContainers(directory_, IdRange());
    if (!support.ok()) GTEST_SKIP() << support.status();
    fences_ = support->fences;
    testing::Shell(Concat(
        "cd ", directory_.string(),
        " && mkdir -p low/data low/etc high/data && "
        "cp --parents -L $(ldd /bin/sh /bin/sleep /usr/bin/unshare "
        "/bin/mount | grep -o '/[^ ]*[^ :]' | sort -u) low && "
        "echo low > low/data/changed && echo low > low/data/gone && "
        "echo web:x:101:102::/home/web:/bin/sh > low/etc/passwd && "
        "echo high > high/data/changed && mknod high/data/gone c 0 0 && "
        "echo secret > high/data/private && chmod 600 high/data/private"));
    runtime_ = CreateRuncRuntime(directory_ / "runc", fences_);
  }
  ~RuncRuntimeTest() override {
    runtime_.reset();
    fs::remove_all(directory_);
  }

  absl::StatusOr<std::unique_ptr<Container>> Run(const std::string& script,
                                                 const std::string& user) {
    const nlohmann::json config = {{"config",
                                    {{"Entrypoint", {"/bin/sh", "-c"}},
                                     {"Cmd", {script}},
                                     {"User", user}}}};
    return runtime_->Run({.config = config.dump(), .root = root_},
                         directory_ / "run", control_);
  }

  // The output of the image, whether it ends before or after it is seen to run.
  std::string OutputOf(const std::string& script,
                       const std::string& user = "") {
    const auto container = Run(script, user);
    if (!container.ok()) return std::string(container.status().message());
    while ((*container)->Running()) std::this_thread::yield();
    return (*container)->LogTail();
  }

  const fs::path directory_ = fs::path(::testing::TempDir()) / "runc_runtime";
  const RootFilesystem root_ = {.directory = directory_,
                                .layers = {{.name = "low"}, {.name = "high"}}};
  const TaskControl control_{};
  Fences fences_;
  std::unique_ptr<ContainerRuntime> runtime_;
};

TEST_F(RuncRuntimeTest, ShowsTheLayersAsOne) {
  const std::string output = OutputOf(
      "read changed < /data/changed; echo changed: $changed; "
      "test -e /data/gone || echo none");
  EXPECT_NE(output.find("changed: high"), std::string::npos) << output;
  EXPECT_NE(output.find("none"), std::string::npos) << output;
}

TEST_F(RuncRuntimeTest, WhatIsWrittenDoesNotReachTheLayers) {
  const std::string output =
      OutputOf("echo new > /data/changed && read c < /data/changed && echo $c");
  EXPECT_NE(output.find("new"), std::string::npos) << output;
  EXPECT_EQ(
      testing::Shell("cat " + (directory_ / "high/data/changed").string()),
      "high\n");
}

TEST_F(RuncRuntimeTest, RunsAsTheUserOfTheImage) {
  const std::string output = OutputOf(
      "test -r /data/private || echo private; test -r /data/changed && "
      "echo public",
      "web");
  EXPECT_NE(output.find("private\npublic"), std::string::npos) << output;
}

TEST_F(RuncRuntimeTest, SaysHowAnImageEnded) {
  const auto container = Run("echo bad config >&2; exit 3", "");
  ASSERT_TRUE(container.ok()) << container.status();
  while ((*container)->Running()) std::this_thread::yield();
  EXPECT_EQ((*container)->exit_status(), 3);
  EXPECT_EQ((*container)->LogTail(), "bad config");
}

// So that no fence goes missing unnoticed, since the tests of a fence that is
// not there are skipped.
TEST_F(RuncRuntimeTest, HasTheFencesThatThisKernelHas) {
  utsname system = {};
  ASSERT_EQ(uname(&system), 0);
  int major = 0;
  int minor = 0;
  ASSERT_EQ(std::sscanf(system.release, "%d.%d", &major, &minor), 2);
  struct statfs file_system = {};
  ASSERT_EQ(statfs(directory_.c_str(), &file_system), 0);
  const bool maps_owners = file_system.f_type == EXT4_SUPER_MAGIC ||
                           file_system.f_type == XFS_SUPER_MAGIC ||
                           file_system.f_type == BTRFS_SUPER_MAGIC;
  if (!maps_owners || std::pair(major, minor) < std::pair(5, 19)) {
    GTEST_SKIP() << "owners of files cannot be mapped here";
  }
  EXPECT_TRUE(fences_.users.has_value())
      << ::testing::PrintToString(fences_.missing);
  EXPECT_TRUE(fences_.seccomp) << ::testing::PrintToString(fences_.missing);
}

TEST_F(RuncRuntimeTest, RootOfAnImageIsNobodyOutside) {
  if (!fences_.users.has_value()) GTEST_SKIP() << "no user namespaces";
  const std::string output = OutputOf(
      "while read i o c; do echo $i is $o, $c; done < /proc/self/uid_map; "
      "echo mine > /data/mine && echo written");
  EXPECT_NE(output.find(Concat("0 is ", fences_.users->first, ", ",
                               fences_.users->count, "\nwritten")),
            std::string::npos)
      << output;
}

TEST_F(RuncRuntimeTest, AnImageMakesOnlyTheSystemCallsOfServers) {
  if (!fences_.seccomp) GTEST_SKIP() << "no seccomp";
  const std::string output = OutputOf(
      "while read name value; do test $name = Seccomp: && echo mode $value; "
      "done < /proc/self/status");
  EXPECT_NE(output.find("mode 2"), std::string::npos) << output;
}

TEST_F(RuncRuntimeTest, AnImageMakesNoNamespaceAndMountsNothing) {
  if (!fences_.seccomp) GTEST_SKIP() << "no seccomp";
  const std::string output = OutputOf(
      "for kind in U m n p i u; do "
      "/usr/bin/unshare -$kind /bin/sh -c 'echo inside' 2>&1; done; "
      "/bin/mount -t tmpfs none /data 2>/dev/null && echo mounted; echo end");
  EXPECT_EQ(output.find("inside"), std::string::npos) << output;
  EXPECT_EQ(output.find("mounted"), std::string::npos) << output;
  EXPECT_NE(output.find("not permitted"), std::string::npos) << output;
}

TEST_F(RuncRuntimeTest, AnImageStartsNoMoreProcessesThanItMay) {
  if (!fences_.users.has_value()) GTEST_SKIP() << "no user namespaces";
  const std::string output = OutputOf(
      "i=0; while [ $i -lt 1500 ]; do /bin/sleep 100 & i=$((i+1)); done; "
      "echo all of them");
  EXPECT_EQ(output.find("all of them"), std::string::npos) << output;
  EXPECT_NE(output.find("fork"), std::string::npos) << output;
}

TEST_F(RuncRuntimeTest, AnImageWritesNoFileWithoutAnEnd) {
  const std::string output = OutputOf(
      "ulimit -f; ulimit -n; ulimit -c; ulimit -f unlimited && echo raised");
  // Blocks of 512 bytes.
  EXPECT_NE(output.find("524288\n"), std::string::npos) << output;
  EXPECT_EQ(output.find("raised"), std::string::npos) << output;
}

TEST_F(RuncRuntimeTest, AnImageSetsNothingOfThisMachine) {
  const std::string output = OutputOf(
      "for file in /proc/sys/kernel/core_pattern /proc/sysrq-trigger "
      "/proc/irq/default_smp_affinity /sys/kernel/uevent_helper; do "
      "(echo x > $file) 2> /dev/null && echo wrote $file; done; "
      "read line < /proc/timer_list && echo read timers; "
      "read line < /proc/interrupts && echo read interrupts; echo end");
  EXPECT_EQ(output.find("wrote"), std::string::npos) << output;
  EXPECT_EQ(output.find("read "), std::string::npos) << output;
  EXPECT_NE(output.find("end"), std::string::npos) << output;
}

TEST_F(RuncRuntimeTest, WithoutFencesItStillRuns) {
  runtime_ = CreateRuncRuntime(directory_ / "runc", Fences());
  const std::string output = OutputOf("read c < /data/changed && echo $c");
  EXPECT_NE(output.find("high"), std::string::npos) << output;
}

// Whatever process has its number by then, its network is still its own.
TEST_F(RuncRuntimeTest, TheNetworkOfAnImageThatHasEndedIsStillItsOwn) {
  const auto container = Run("exit 0", "");
  ASSERT_TRUE(container.ok()) << container.status();
  while ((*container)->Running()) std::this_thread::yield();
  const std::string ours = fs::read_symlink("/proc/self/ns/net").string();
  std::string theirs;
  EXPECT_TRUE((*container)
                  ->RunInNetwork([&theirs] {
                    theirs =
                        fs::read_symlink("/proc/thread-self/ns/net").string();
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_NE(theirs, "");
  EXPECT_NE(theirs, ours);
}

TEST_F(RuncRuntimeTest, AnImageThatWritesWithoutAnEndFillsNothing) {
  const std::string output = OutputOf(
      "i=0; while [ $i -lt 20000 ]; do echo $i some words; i=$((i+1)); done; "
      "echo the end");
  EXPECT_TRUE(output.ends_with("the end")) << output;
  EXPECT_LE(output.size(), 2000u);
  for (const auto& entry : fs::recursive_directory_iterator(
           directory_ / "run", fs::directory_options::skip_permission_denied)) {
    if (!entry.is_regular_file()) continue;
    EXPECT_LT(entry.file_size(), 64u << 10) << entry.path();
  }
}

TEST_F(RuncRuntimeTest, SaysWhyAnImageDoesNotStart) {
  const auto container = Run("", "nobody");
  EXPECT_EQ(container.status().code(), absl::StatusCode::kFailedPrecondition);
}

// Then nothing is left mounted, however the worker ends.
TEST_F(RuncRuntimeTest, OnlyTheImageSeesItsMounts) {
  pid_t pid = 0;
  {
    const auto container = Run("/bin/sleep 1000", "");
    ASSERT_TRUE(container.ok()) << container.status();
    std::ifstream(directory_ / "run" / "pid") >> pid;
    ASSERT_GT(pid, 0);
    EXPECT_EQ(testing::Shell("grep -c " + directory_.string() +
                             " /proc/mounts || true"),
              "0\n");
    EXPECT_EQ(kill(pid, 0), 0);
  }
  EXPECT_NE(kill(pid, 0), 0);
}

}  // namespace
}  // namespace kso::worker
