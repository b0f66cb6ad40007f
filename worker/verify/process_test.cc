#include "worker/verify/process.h"

#include <filesystem>

#include "common/base/strings.h"
#include "gtest/gtest.h"
#include "worker/verify/platform_probe.h"

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
  const auto log = std::filesystem::path(::testing::TempDir()) / "child.log";
  std::filesystem::remove(log);
  const auto child = ChildProcess::Start({"/bin/sh", "-c", "echo hello"}, log);
  ASSERT_TRUE(child.ok()) << child.status();
  (*child)->Wait();
  EXPECT_FALSE((*child)->Running());
  EXPECT_EQ((*child)->exit_status(), 0);
  EXPECT_EQ(std::filesystem::file_size(log), 6);
}

TEST(ProcessTest, FindsSystemProgramsOutsideThePath) {
  EXPECT_TRUE(FindProgram("sh").has_value());
  EXPECT_FALSE(FindProgram("no-such-program-anywhere").has_value());
}

TEST(PlatformProbeTest, OwnPlatformIsNative) {
  const auto support = ProbePlatform(OwnPlatform(), ::testing::TempDir());
  ASSERT_TRUE(support.ok()) << support.status();
  EXPECT_TRUE(support->native());
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
