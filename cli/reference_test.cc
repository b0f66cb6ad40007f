// SPDX-License-Identifier: Apache-2.0
// The reference of options that people read is what the program takes.
#include <algorithm>
#include <cstddef>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/ksoctl.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace kso::cli {
namespace {

std::string PageAt(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string Page() { return PageAt("docs/reference/flags.md"); }

// The text that `ksoctl COMMAND --help` prints about the command itself.
std::string HelpOf(std::vector<std::string> command) {
  kso::testing::FakeClock clock;
  std::ostringstream out;
  std::ostringstream err;
  command.emplace_back("--help");
  EXPECT_EQ(RunKsoctl(command, {&out, &err}, &clock), ExitStatus::kDone);
  const std::string help = out.str();
  return std::string(absl::StripAsciiWhitespace(
      help.substr(0, help.find("\nFor every command "))));
}

void ExpectInPage(const CommandShape& shape, std::vector<std::string> command,
                  const std::string& page) {
  if (shape.hidden) return;
  EXPECT_THAT(page, ::testing::HasSubstr(
                        absl::StrCat("```text\n", HelpOf(command), "\n```\n")))
      << "`deploy/docs reference` writes the page anew: "
      << absl::StrJoin(command, " ");
  for (const CommandShape& child : shape.commands) {
    std::vector<std::string> below = command;
    below.push_back(child.name);
    ExpectInPage(child, below, page);
  }
}

TEST(Reference, HasTheHelpOfEachCommand) {
  const std::string page = Page();
  ASSERT_FALSE(page.empty());
  ExpectInPage(ProgramShape(), {}, page);
}

// A command that the page has and the program has not.
TEST(Reference, HasNoCommandThatIsGone) {
  std::istringstream lines(Page());
  int commands = 0;
  for (std::string line; std::getline(lines, line);) {
    const size_t name = line.find("# ksoctl ");
    if (line[0] != '#' || name == std::string::npos) continue;
    ++commands;
    std::vector<std::string> words;
    std::istringstream rest(line.substr(name + 9));
    for (std::string word; rest >> word;) words.push_back(word);
    EXPECT_NE(HelpOf(words), "") << line;
  }
  EXPECT_GT(commands, 20);
}

// The commands that the page about JSON has in the first column of its table,
// as they stand there: "submit --wait".
std::set<std::string> CommandsWithJson() {
  std::set<std::string> commands;
  std::istringstream lines(PageAt("docs/json.md"));
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("| command |", 0) == 0) inside = true;
    if (line.empty()) inside = false;
    if (!inside || line.rfind("| `", 0) != 0) continue;
    const std::vector<std::string> parts =
        absl::StrSplit(line.substr(0, line.find(" | ")), '`');
    for (size_t i = 1; i < parts.size(); i += 2) commands.insert(parts[i]);
  }
  return commands;
}

// `path` is the command as people type it: "certs init".
void ExpectJson(const CommandShape& shape, const std::string& path,
                const std::set<std::string>& documented) {
  if (shape.hidden) return;
  for (const CommandShape& child : shape.commands) {
    ExpectJson(child, absl::StrCat(path, path.empty() ? "" : " ", child.name),
               documented);
  }
  // A script for a shell is no data.
  if (path.empty() || shape.needs_command || path == "completion") return;
  EXPECT_THAT(documented, ::testing::Contains(path))
      << "docs/json.md does not say what it prints for programs";
}

TEST(Reference, SaysWhatEachCommandPrintsForPrograms) {
  const std::set<std::string> documented = CommandsWithJson();
  ASSERT_FALSE(documented.empty());
  ExpectJson(ProgramShape(), "", documented);
}

// Such as one that has got another name.
TEST(Reference, SaysItOfNoCommandThatIsGone) {
  for (const std::string& command : CommandsWithJson()) {
    std::vector<std::string> words = absl::StrSplit(command, ' ');
    words.erase(std::find_if(words.begin(), words.end(),
                             [](const std::string& word) {
                               return word.rfind("--", 0) == 0;
                             }),
                words.end());
    EXPECT_THAT(HelpOf(words),
                ::testing::StartsWith(
                    absl::StrCat("Usage: ksoctl ", absl::StrJoin(words, " "))))
        << command;
  }
}

}  // namespace
}  // namespace kso::cli
