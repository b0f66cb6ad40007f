// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/process.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "common/base/strings.h"
#include "gtest/gtest.h"
#include "worker/sandbox/output_tail.h"
#include "worker/sandbox/platform_probe.h"
#include "worker/sandbox/processor.h"

namespace kso::worker {
namespace {

TEST(ProcessTest, TellsStatusAndOutput) {
  TaskControl control;
  const auto result =
      RunCommand({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}, control);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->exit_status, 3);
  EXPECT_EQ(result->output, "out\nerr\n");
}

TEST(ProcessTest, CancellingKills) {
  TaskControl control;
  control.Cancel();
  EXPECT_TRUE(absl::IsCancelled(
      RunCommand({"/bin/sh", "-c", "read forever </dev/tty || exec sleep 600"},
                 control)
          .status()));
}

TEST(ProcessTest, ChildWritesToItsLogAndIsWaitedFor) {
  const auto log = OutputTail::Create().value();
  const auto child = StartWithLog({"/bin/sh", "-c", "echo hello"}, *log);
  ASSERT_TRUE(child.ok()) << child.status();
  (*child)->Wait();
  EXPECT_FALSE((*child)->Running());
  EXPECT_EQ((*child)->exit_status(), 0);
  log->AwaitEnd(absl::InfiniteDuration());
  EXPECT_EQ(log->Last(100), "hello\n");
}

TEST(ProcessTest, AProgramEndsWithTheThreadThatStartedIt) {
  const auto log = OutputTail::Create().value();
  absl::StatusOr<std::unique_ptr<Subprocess>> child;
  std::thread([&] {
    child = StartWithLog({"/bin/sh", "-c", "exec sleep 600"}, *log);
  }).join();
  ASSERT_TRUE(child.ok()) << child.status();
  (*child)->Wait();
  EXPECT_EQ((*child)->exit_status(), 128 + SIGKILL);
}

TEST(ProcessTest, WhatCannotBeStartedIsSaid) {
  const TaskControl control;
  const auto result = RunCommand({"/no/such/program"}, control);
  EXPECT_TRUE(absl::IsInternal(result.status())) << result.status();
  EXPECT_NE(ToStd(result.status().message()).find("/no/such/program"),
            std::string_view::npos);
}

TEST(ProcessTest, TheLastCommandRunsAtTheEnd) {
  const auto mark = std::filesystem::path(::testing::TempDir()) / "last";
  std::filesystem::remove(mark);
  {
    const auto last =
        LastCommand::Prepare({"/bin/sh", "-c", "echo > \"$0\"", mark.string()});
    ASSERT_TRUE(last.ok()) << last.status();
    EXPECT_FALSE(std::filesystem::exists(mark));
  }
  EXPECT_TRUE(std::filesystem::exists(mark));
}

TEST(ProcessTest, TheLastCommandRunsWhenTheWorkerIsKilled) {
  // The command's output goes through this pipe, which also shows its end.
  const auto pipe_path = std::filesystem::path(::testing::TempDir()) / "pipe";
  std::filesystem::remove(pipe_path);
  ASSERT_EQ(mkfifo(pipe_path.c_str(), 0600), 0);
  const pid_t worker = fork();
  if (worker == 0) {
    const auto last = LastCommand::Prepare(
        {"/bin/sh", "-c", "echo cleaned > \"$0\"", pipe_path.string()});
    raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(worker, &status, 0), worker);
  ASSERT_TRUE(WIFSIGNALED(status));
  std::string text;
  std::getline(std::ifstream(pipe_path), text);
  EXPECT_EQ(text, "cleaned");
}

TEST(PlatformProbeTest, NativeIsWhatTheProcessorRuns) {
  const auto own = ProbePlatform(OwnPlatform(), ::testing::TempDir());
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(own->native(),
            own->platform().architecture() == ProcessorArchitecture());
  v1::Platform platform;
  platform.set_os("linux");
  platform.set_architecture(ProcessorArchitecture());
  const auto native = ProbePlatform(platform, ::testing::TempDir());
  ASSERT_TRUE(native.ok()) << native.status();
  EXPECT_TRUE(native->native());
}

TEST(PlatformProbeTest, RefusesPlatformsItKnowsNoProgramFor) {
  v1::Platform platform;
  platform.set_os("linux");
  platform.set_architecture("riscv64");
  const auto support = ProbePlatform(platform, ::testing::TempDir());
  ASSERT_FALSE(support.ok());
  EXPECT_NE(ToStd(support.status().message()).find("linux/riscv64"),
            std::string_view::npos);
}

}  // namespace
}  // namespace kso::worker
