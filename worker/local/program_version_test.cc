// SPDX-License-Identifier: Apache-2.0
#include "worker/local/program_version.h"

#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/temp_directory.h"
#include "worker/sandbox/container.h"
#include "worker/task/task_control.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Outcome = ProgramAnswer::Outcome;

// The outcome of one run.
struct Ending {
  int status = 0;
  std::string text = "v1.29.10";
  bool never_ends = false;
  absl::Status begun = {};
};

class FakeContainer : public Container {
 public:
  explicit FakeContainer(Ending ending) : ending_(std::move(ending)) {}
  absl::Status RunInNetwork(const std::function<absl::Status()>&) override {
    return absl::OkStatus();
  }
  bool Running() override { return ending_.never_ends; }
  int exit_status() const override { return ending_.status; }
  std::string LogTail() override { return ending_.text; }

 private:
  const Ending ending_;
};

class FakeRuntime : public ContainerRuntime {
 public:
  absl::StatusOr<std::unique_ptr<Container>> Run(const ImageToRun& image,
                                                 const fs::path& directory,
                                                 const TaskControl&) override {
    configs.push_back(image.config);
    EXPECT_TRUE(fs::is_directory(directory));
    const fs::path program =
        image.root.directory / image.root.layers.at(0).name / "kubectl";
    struct stat info;
    EXPECT_EQ(stat(program.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0755u);
    const Ending ending = endings.at(configs.size() - 1);
    if (!ending.begun.ok()) return ending.begun;
    return std::make_unique<FakeContainer>(ending);
  }
  const std::vector<std::string>& missing_fences() const override {
    return none_;
  }

  std::vector<Ending> endings;
  std::vector<std::string> configs;

 private:
  const std::vector<std::string> none_;
};

class ProgramVersionTest : public ::testing::Test {
 protected:
  ProgramVersionTest() {
    clock_.AdvanceByItself();
    std::ofstream(directory_.path() / "kubectl") << "a program";
    fs::create_directory(directory_.path() / "scratch");
  }

  ProgramAnswer Ask(const std::vector<Ending>& endings) {
    runtime_.endings = endings;
    const TaskControl control;
    const auto answer =
        AskVersion(directory_.path() / "kubectl", directory_.path() / "scratch",
                   runtime_, clock_, control);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *answer : ProgramAnswer();
  }

  testing::TempDirectory directory_;
  testing::FakeClock clock_;
  FakeRuntime runtime_;
};

TEST_F(ProgramVersionTest, TheFirstAnswerCounts) {
  const ProgramAnswer answer = Ask({{.text = "built\nkubectl v1.29.10\n"}});
  EXPECT_EQ(answer.outcome, Outcome::kAnswered);
  EXPECT_EQ(answer.arguments, "--version");
  EXPECT_EQ(answer.last_line, "kubectl v1.29.10");
  EXPECT_THAT(runtime_.configs,
              ElementsAre(HasSubstr("[\"/kubectl\",\"--version\"]")));
}

TEST_F(ProgramVersionTest, OtherWaysAreTried) {
  const ProgramAnswer answer =
      Ask({{.status = 1, .text = "unknown flag: --version"},
           {.status = 1, .text = "connection refused"},
           {.text = "Client Version: v1.29.10"}});
  EXPECT_EQ(answer.outcome, Outcome::kAnswered);
  EXPECT_EQ(answer.arguments, "version --client");
}

TEST_F(ProgramVersionTest, WhatDoesNotAnswerIsNotBroken) {
  const Ending silent = {.text = std::string(kWroteNothing)};
  EXPECT_EQ(Ask({silent, silent, silent}).outcome, Outcome::kNoAnswer);
}

TEST_F(ProgramVersionTest, WhatLacksItsLoaderIsNotBroken) {
  const Ending unlinked = {.begun = absl::FailedPreconditionError(
                               "exec /kubectl: no such file or directory")};
  const ProgramAnswer answer = Ask({unlinked, unlinked, unlinked});
  EXPECT_EQ(answer.outcome, Outcome::kNoAnswer);
  EXPECT_THAT(answer.last_line, HasSubstr("no such file"));
}

TEST_F(ProgramVersionTest, WhatDoesNotEndIsEnded) {
  const Ending endless = {.never_ends = true};
  const ProgramAnswer answer = Ask({endless, endless, endless});
  EXPECT_EQ(answer.outcome, Outcome::kNoAnswer);
  EXPECT_EQ(answer.last_line, "it does not end within 30s");
}

TEST_F(ProgramVersionTest, ACrashIsBroken) {
  const ProgramAnswer answer =
      Ask({{.status = 128 + SIGSEGV, .text = "fatal error"}});
  EXPECT_EQ(answer.outcome, Outcome::kBroken);
  EXPECT_EQ(answer.last_line, "it crashed by signal 11: fatal error");
  EXPECT_THAT(runtime_.configs, SizeIs(1));
}

TEST_F(ProgramVersionTest, AProgramForAnotherProcessorIsBroken) {
  EXPECT_EQ(Ask({{.begun = absl::FailedPreconditionError(
                      "exec /kubectl: exec format error")}})
                .outcome,
            Outcome::kBroken);
}

}  // namespace
}  // namespace kso::worker
