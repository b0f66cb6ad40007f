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
  CommandShape verify;
  verify.name = "verify";
  verify.options = {{{"--key"}, "FILE|URI", "A key."},
                    {{"--since"}, "OTHER", "Another."}};
  verify.positionals = {{"REF|ARCHIVE|DIR...", "", true, true}};
  CommandShape secret;
  secret.name = "man";
  secret.hidden = true;
  CommandShape program;
  program.name = "ksoctl";
  program.options = {{{"-o", "--output"}, "text|json", "How to print."},
                     {{"--context"}, "CONTEXT", "Which."}};
  program.commands = {logs, workers, load, shell, verify, secret};
  return program;
}

std::vector<std::string> Complete(const std::vector<std::string>& words) {
  std::vector<std::string> found;
  for (const auto& candidate : CompleteWords(Program(), words).candidates) {
    found.push_back(candidate.word);
  }
  return found;
}

std::vector<Names> NamesFor(const std::vector<std::string>& words) {
  return CompleteWords(Program(), words).names;
}

TEST(CompleteWords, KnowsCommandsAndWhatIsUnderThem) {
  EXPECT_THAT(Complete({}),
              ElementsAre("logs", "workers", "load", "completion", "verify"));
  EXPECT_THAT(Complete({"lo"}), ElementsAre("logs", "load"));
  EXPECT_THAT(Complete({"workers", ""}), ElementsAre("drain"));
  EXPECT_THAT(Complete({"nonsense", ""}), IsEmpty());
}

TEST(CompleteWords, KnowsOptionsOfTheCommandAndOfTheProgram) {
  EXPECT_THAT(Complete({"logs", "-"}),
              ElementsAre("--follow", "--task", "--write", "--output",
                          "--context", "--help"));
  EXPECT_THAT(Complete({"log", "v1", "--fo"}), ElementsAre("--follow"));
  EXPECT_THAT(Complete({"--output", "j"}), ElementsAre("json"));
  EXPECT_THAT(Complete({"logs", "-o", ""}), ElementsAre("text", "json"));
}

TEST(CompleteWords, AValueIsNoCommand) {
  EXPECT_THAT(Complete({"--output", "json", "wo"}), ElementsAre("workers"));
  EXPECT_THAT(NamesFor({"--output", "logs", "logs", ""}),
              ElementsAre(Names::kBuilds));
  EXPECT_THAT(NamesFor({"logs", "--task", ""}), IsEmpty());
  EXPECT_THAT(NamesFor({"logs", "--task", "logs", ""}),
              ElementsAre(Names::kBuilds));
  EXPECT_THAT(NamesFor({"logs", "-f", ""}), ElementsAre(Names::kBuilds));
}

TEST(CompleteWords, SaysWhichNamesAreWanted) {
  EXPECT_THAT(NamesFor({"logs", ""}), ElementsAre(Names::kBuilds));
  EXPECT_THAT(NamesFor({"logs", "v1", ""}), IsEmpty());
  EXPECT_THAT(NamesFor({"workers", "drain", "w"}),
              ElementsAre(Names::kWorkers));
  EXPECT_THAT(NamesFor({"logs", "--write", ""}), ElementsAre(Names::kFiles));
  EXPECT_THAT(NamesFor({"load", "a.tar", ""}), ElementsAre(Names::kFiles));
  EXPECT_THAT(Complete({"completion", ""}), ElementsAre("bash", "zsh", "fish"));
  EXPECT_THAT(NamesFor({"--context", ""}), ElementsAre(Names::kContexts));
  EXPECT_THAT(NamesFor({"logs", "--context", "l"}),
              ElementsAre(Names::kContexts));
  EXPECT_THAT(Complete({""}), Not(Contains("man")));
}

TEST(CompleteWords, TheWordsForValuesAreNoValues) {
  EXPECT_THAT(Complete({"verify", ""}), IsEmpty());
  EXPECT_THAT(NamesFor({"verify", ""}),
              ElementsAre(Names::kFiles, Names::kDirectories));
  EXPECT_THAT(NamesFor({"verify", "a.tar", ""}),
              ElementsAre(Names::kFiles, Names::kDirectories));
  EXPECT_THAT(Complete({"verify", "--key", ""}), IsEmpty());
  EXPECT_THAT(NamesFor({"verify", "--key", ""}), ElementsAre(Names::kFiles));
  EXPECT_THAT(NamesFor({"verify", "--since", ""}),
              ElementsAre(Names::kBuilds, Names::kFiles));
}

}  // namespace
}  // namespace kso::cli
