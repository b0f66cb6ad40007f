// SPDX-License-Identifier: Apache-2.0
#include "common/run/subprocess.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "common/base/strings.h"
#include "common/files/file_io.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso {
namespace {

using Group = SubprocessOptions::Group;

std::vector<std::string> Shell(const std::string& command) {
  return {"/bin/sh", "-c", command};
}

TEST(RunProgramTest, TellsStatusAndOutput) {
  const auto result = RunProgram(Shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->exit_status, 3);
  EXPECT_EQ(result->output, "out\n");
}

TEST(RunProgramTest, KeepsErrorsAmongTheOutputWhenAsked) {
  const auto result =
      RunProgram(Shell("echo out; echo err >&2"), {.keep_errors = true});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->output, "out\nerr\n");
}

TEST(RunProgramTest, HandsOverTheInputAndItsEnd) {
  const auto result = RunProgram({"/bin/cat"}, {.input = "a question"});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->output, "a question");
}

TEST(RunProgramTest, GivesNoInputWhenThereIsNone) {
  const auto result = RunProgram({"/bin/cat"});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->output, "");
}

TEST(RunProgramTest, DoesNotMindAProgramThatDoesNotReadItsInput) {
  const auto result =
      RunProgram(Shell("exec <&-; echo done"), {.input = "ignored"});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->output, "done\n");
}

TEST(RunProgramTest, KeepsTheEndOfALongOutput) {
  const auto result = RunProgram(
      Shell("i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done"),
      {.most_output = 10});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->output, "2998\n2999\n");
}

TEST(RunProgramTest, KeepsSixtyFourKibibytesWhereNothingElseIsSaid) {
  const auto result = RunProgram(Shell("head -c 70000 /dev/zero; printf x"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->output.size(), 64u << 10);
  EXPECT_EQ(result->output.back(), 'x');
}

TEST(RunProgramTest, ASingleByteIsNoEnd) {
  const auto result = RunProgram(Shell("printf x"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->output, "x");
}

TEST(RunProgramTest, AProgramThatEndsInTimeIsNotKilled) {
  const auto result =
      RunProgram(Shell("echo out"), {.timeout = absl::Hours(1)});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->output, "out\n");
}

TEST(RunProgramTest, KillsAProgramThatTakesTooLong) {
  const auto result =
      RunProgram(Shell("sleep 600"), {.timeout = absl::Milliseconds(50)});
  EXPECT_TRUE(absl::IsDeadlineExceeded(result.status())) << result.status();
}

TEST(RunProgramTest, KillsAProgramThatHasClosedItsOutputAndLingers) {
  const auto result =
      RunProgram(Shell("exec >&- 2>&-; exec sleep 600"),
                 {.keep_errors = true, .timeout = absl::Milliseconds(100)});
  EXPECT_TRUE(absl::IsDeadlineExceeded(result.status())) << result.status();
}

TEST(RunProgramTest, KillsAProgramThatIsCancelled) {
  std::stop_source stop;
  std::thread stopper([&stop] { stop.request_stop(); });
  const auto result =
      RunProgram(Shell("sleep 600"), {.stop = stop.get_token()});
  stopper.join();
  EXPECT_TRUE(absl::IsCancelled(result.status())) << result.status();
}

TEST(RunProgramTest, KillsAProgramThatIsCancelledWhileItRuns) {
  const testing::TempDirectory directory;
  const std::string fifo = directory.path() / "begun";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  std::stop_source stop;
  std::thread stopper([&] {
    std::ifstream begun(fifo);
    begun.get();
    stop.request_stop();
  });
  const auto result = RunProgram(Shell("echo > " + fifo + "; exec sleep 600"),
                                 {.stop = stop.get_token()});
  stopper.join();
  EXPECT_TRUE(absl::IsCancelled(result.status())) << result.status();
}

TEST(RunProgramTest, SaysWhichProgramCannotBeStarted) {
  const auto result = RunProgram({"/no/such/program"});
  // Nothing of it is left behind.
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_TRUE(absl::IsNotFound(result.status())) << result.status();
  EXPECT_NE(ToStd(result.status().message()).find("/no/such/program"),
            std::string_view::npos);
}

TEST(RunProgramTest, DoesNotStartWhatCannotBePrepared) {
  const auto result = RunProgram({"/bin/true"}, {.prepare = [] {
                                   errno = EACCES;
                                   return false;
                                 }});
  EXPECT_TRUE(absl::IsPermissionDenied(result.status())) << result.status();
}

TEST(RunProgramTest, TellsTheSignalThatEndedAProgramAsShellsDo) {
  const auto result = RunProgram(Shell("kill -TERM $$"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->exit_status, 128 + SIGTERM);
}

TEST(RunProgramTest, NoSignalStaysIgnoredOrBlocked) {
  const auto before = signal(SIGPIPE, SIG_IGN);
  const auto hang_up = signal(SIGHUP, SIG_IGN);
  sigset_t blocked;
  sigset_t mask;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &mask);
  const auto killed = RunProgram(Shell("kill -TERM $$"));
  const auto broken = RunProgram(Shell("kill -PIPE $$"));
  const auto hung_up = RunProgram(Shell("kill -HUP $$"));
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  signal(SIGPIPE, before);
  signal(SIGHUP, hang_up);
  ASSERT_TRUE(killed.ok() && broken.ok() && hung_up.ok());
  EXPECT_EQ(killed->exit_status, 128 + SIGTERM);
  EXPECT_EQ(broken->exit_status, 128 + SIGPIPE);
  EXPECT_EQ(hung_up->exit_status, 128 + SIGHUP);
}

TEST(SubprocessTest, WritesToTheFileThatItIsGiven) {
  const testing::TempDirectory directory;
  const auto path = directory.path() / "log";
  const auto log = OpenFile(path, O_WRONLY | O_CREAT);
  ASSERT_TRUE(log.ok());
  auto program = Subprocess::Start(
      Shell("pwd; pwd >&2"),
      {.output = log->get(), .errors = log->get(), .directory = "/"});
  ASSERT_TRUE(program.ok()) << program.status();
  EXPECT_EQ(program->Wait(), 0);
  EXPECT_FALSE(program->Running());
  std::ifstream stream(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(stream), {}), "/\n/\n");
}

TEST(SubprocessTest, HandsOnItsOwnInput) {
  const testing::TempDirectory directory;
  std::ofstream(directory.path() / "input") << "typed";
  const auto input = OpenFile(directory.path() / "input", O_RDONLY);
  const auto output = OpenFile(directory.path() / "output", O_WRONLY | O_CREAT);
  ASSERT_TRUE(input.ok() && output.ok());
  const FileDescriptor before(dup(STDIN_FILENO));
  ASSERT_EQ(dup2(input->get(), STDIN_FILENO), STDIN_FILENO);
  auto program = Subprocess::Start(
      {"/bin/cat"}, {.input = STDIN_FILENO, .output = output->get()});
  dup2(before.get(), STDIN_FILENO);
  ASSERT_TRUE(program.ok()) << program.status();
  EXPECT_EQ(program->Wait(), 0);
  std::ifstream stream(directory.path() / "output");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(stream), {}), "typed");
}

TEST(SubprocessTest, IsInTheGroupThatIsAskedFor) {
  const auto start = [](Group group) {
    auto program = Subprocess::Start({"/bin/sleep", "600"}, {.group = group});
    EXPECT_TRUE(program.ok()) << program.status();
    return *std::move(program);
  };
  const Subprocess callers = start(Group::kCallers);
  EXPECT_EQ(getpgid(callers.pid()), getpgrp());
  const Subprocess own = start(Group::kOwn);
  EXPECT_EQ(getpgid(own.pid()), own.pid());
  EXPECT_EQ(getsid(own.pid()), getsid(0));
  const Subprocess session = start(Group::kOwnSession);
  EXPECT_EQ(getsid(session.pid()), session.pid());
}

TEST(SubprocessTest, EndsWithItsOwner) {
  pid_t pid = 0;
  {
    const auto program = Subprocess::Start({"/bin/sleep", "600"});
    ASSERT_TRUE(program.ok());
    pid = program->pid();
  }
  EXPECT_NE(kill(pid, 0), 0);
}

TEST(SubprocessTest, RunsOnWhenItIsReleased) {
  pid_t pid = 0;
  {
    auto program = Subprocess::Start({"/bin/sleep", "600"});
    ASSERT_TRUE(program.ok());
    pid = program->Release();
  }
  EXPECT_EQ(kill(pid, 0), 0);
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

TEST(SubprocessTest, EndsWithTheThreadThatStartedItWhenAsked) {
  std::optional<Subprocess> started;
  std::thread([&started] {
    auto child =
        Subprocess::Start({"/bin/sleep", "600"}, {.ends_with_thread = true});
    if (child.ok()) started.emplace(*std::move(child));
  }).join();
  ASSERT_TRUE(started.has_value());
  EXPECT_EQ(started->Wait(), 128 + SIGKILL);
}

TEST(FindProgramTest, FindsSystemProgramsOutsideThePath) {
  EXPECT_TRUE(FindProgram("sh").has_value());
  EXPECT_FALSE(FindProgram("no-such-program-anywhere").has_value());
}

TEST(FindProgramTest, TakesAbsoluteDirectoriesOfThePathOnly) {
  const testing::TempDirectory directory;
  const auto tool = directory.path() / "kso-tool-of-this-test";
  std::ofstream(tool) << "#!/bin/sh\n";
  std::filesystem::permissions(tool, std::filesystem::perms::owner_all);
  const std::string before = getenv("PATH");
  const std::string relative = std::filesystem::relative(directory.path());
  setenv("PATH", ("::" + relative).c_str(), 1);
  EXPECT_EQ(FindProgram(tool.filename().string()), std::nullopt);
  setenv("PATH", ("::" + directory.string()).c_str(), 1);
  EXPECT_EQ(FindProgram(tool.filename().string()), tool.string());
  setenv("PATH", before.c_str(), 1);
}

}  // namespace
}  // namespace kso
