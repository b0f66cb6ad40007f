// SPDX-License-Identifier: Apache-2.0
#include "cli/farm/process.h"

#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

const char kLog[] = "process-test.log";

std::string Log(const std::string& name) { return ::testing::TempDir() + name; }

TEST(StartDaemon, RunsUntilItIsAskedToEnd) {
  const auto process = StartDaemon("/bin/sleep", {"600"}, Log(kLog));
  ASSERT_TRUE(process.ok()) << process.status();
  EXPECT_TRUE(IsRunning(*process));
  // In a session of its own, so that closing the terminal does not end it.
  EXPECT_EQ(getsid(process->pid), process->pid);
  Terminate(*process);
  int status = 0;
  ASSERT_EQ(waitpid(process->pid, &status, 0), process->pid);
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
  EXPECT_FALSE(IsRunning(*process));
}

TEST(StartDaemon, AppendsOutputToTheLog) {
  const std::string log = Log("output.log");
  for (const char* word : {"first", "second"}) {
    const auto process = StartDaemon(
        "/bin/sh", {"-c", std::string("echo ") + word + " >&2"}, log);
    ASSERT_TRUE(process.ok());
    waitpid(process->pid, nullptr, 0);
  }
  std::stringstream content;
  content << std::ifstream(log).rdbuf();
  EXPECT_EQ(content.str(), "first\nsecond\n");
}

TEST(StartDaemon, SaysWhichProgramCannotBeStarted) {
  const auto process = StartDaemon("/nowhere/kso", {}, Log(kLog));
  ASSERT_FALSE(process.ok());
  EXPECT_THAT(std::string(process.status().message()),
              ::testing::HasSubstr("/nowhere/kso"));
}

TEST(PidFile, IsNotFooledByAReusedNumber) {
  const std::string file = Log("daemon.pid");
  const auto process = StartDaemon("/bin/sleep", {"600"}, Log(kLog));
  ASSERT_TRUE(process.ok());
  ASSERT_TRUE(WritePidFile(file, *process).ok());
  ASSERT_TRUE(ReadPidFile(file).has_value());
  EXPECT_EQ(ReadPidFile(file)->pid, process->pid);
  ProcessId other = *process;
  ++other.start_time;
  ASSERT_TRUE(WritePidFile(file, other).ok());
  EXPECT_FALSE(ReadPidFile(file).has_value());
  Terminate(*process);
  waitpid(process->pid, nullptr, 0);
  EXPECT_FALSE(ReadPidFile(Log("none.pid")).has_value());
}

}  // namespace
}  // namespace kso::cli
