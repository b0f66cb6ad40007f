// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

using Names = Completion::Names;

CommandShape Program() {
  CommandShape logs;
  logs.name = "logs";
  logs.aliases = {"log"};
  logs.options = {{{"-f", "--follow"}, "", "Follow."},
                  {{"--task"}, "TASK", "One task."},
                  {{"--write"}, "FILE", "Where to."}};
  logs.positionals = {{"BUILD", "", true, false}};
  CommandShape drain;
  drain.name = "drain";
  drain.positionals = {{"WORKER", "", true, false}};
  CommandShape workers;
  workers.name = "workers";
  workers.commands = {drain};
  CommandShape load;
  load.name = "load";
  load.positionals = {{"FILE... docker://HOST/PATH", "", true, true}};
  CommandShape shell;
  shell.name = "completion";
  shell.positionals = {{"bash|zsh|fish", "", true, false}};
  CommandShape secret;
  secret.name = "man";
  secret.hidden = true;
  CommandShape program;
  program.name = "ksoctl";
  program.options = {{{"-o", "--output"}, "text|json", "How to print."}};
  program.commands = {logs, workers, load, shell, secret};
  return program;
}

std::vector<std::string> Complete(const std::vector<std::string>& words) {
  std::vector<std::string> found;
  for (const auto& candidate : CompleteWords(Program(), words).candidates) {
    found.push_back(candidate.word);
  }
  return found;
}

Names NamesFor(const std::vector<std::string>& words) {
  return CompleteWords(Program(), words).names;
}

TEST(CompleteWords, KnowsCommandsAndWhatIsUnderThem) {
  EXPECT_THAT(Complete({}),
              ElementsAre("logs", "workers", "load", "completion"));
  EXPECT_THAT(Complete({"lo"}), ElementsAre("logs", "load"));
  EXPECT_THAT(Complete({"workers", ""}), ElementsAre("drain"));
  EXPECT_THAT(Complete({"nonsense", ""}), IsEmpty());
}

TEST(CompleteWords, KnowsOptionsOfTheCommandAndOfTheProgram) {
  EXPECT_THAT(
      Complete({"logs", "-"}),
      ElementsAre("--follow", "--task", "--write", "--output", "--help"));
  EXPECT_THAT(Complete({"log", "v1", "--fo"}), ElementsAre("--follow"));
  EXPECT_THAT(Complete({"--output", "j"}), ElementsAre("json"));
  EXPECT_THAT(Complete({"logs", "-o", ""}), ElementsAre("text", "json"));
}

TEST(CompleteWords, AValueIsNoCommand) {
  EXPECT_THAT(Complete({"--output", "json", "wo"}), ElementsAre("workers"));
  EXPECT_EQ(NamesFor({"--output", "logs", "logs", ""}), Names::kBuilds);
  EXPECT_EQ(NamesFor({"logs", "--task", ""}), Names::kNone);
  EXPECT_EQ(NamesFor({"logs", "--task", "logs", ""}), Names::kBuilds);
  EXPECT_EQ(NamesFor({"logs", "-f", ""}), Names::kBuilds);
}

TEST(CompleteWords, SaysWhichNamesAreWanted) {
  EXPECT_EQ(NamesFor({"logs", ""}), Names::kBuilds);
  EXPECT_EQ(NamesFor({"logs", "v1", ""}), Names::kNone);
  EXPECT_EQ(NamesFor({"workers", "drain", "w"}), Names::kWorkers);
  EXPECT_EQ(NamesFor({"logs", "--write", ""}), Names::kFiles);
  EXPECT_EQ(NamesFor({"load", "a.tar", ""}), Names::kFiles);
  EXPECT_THAT(Complete({"completion", ""}), ElementsAre("bash", "zsh", "fish"));
  EXPECT_THAT(Complete({""}), Not(Contains("man")));
}

}  // namespace
}  // namespace kso::cli
