// SPDX-License-Identifier: Apache-2.0
// The reference of options that people read is what the program takes.
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/ksoctl.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace kso::cli {
namespace {

std::string Page() {
  std::stringstream text;
  text << std::ifstream("docs/reference/flags.md").rdbuf();
  return text.str();
}

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

}  // namespace
}  // namespace kso::cli
