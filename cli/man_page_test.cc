// SPDX-License-Identifier: Apache-2.0
#include "cli/man_page.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST(ManPages, HaveAllThatTheCommandsSay) {
  CommandShape drain;
  drain.name = "drain";
  drain.help = "Let a worker rest.";
  drain.positionals = {{"WORKER", "Its name.", true, false}};
  drain.examples = {{"ksoctl workers drain build-2", "Before a reboot."}};
  CommandShape workers;
  workers.name = "workers";
  workers.help = "List the workers.";
  workers.aliases = {"nodes"};
  workers.options = {{{"-w", "--wide"}, "", ".dots and \\slashes"}};
  workers.commands = {drain};
  CommandShape hidden;
  hidden.name = "man";
  hidden.hidden = true;
  CommandShape program;
  program.name = "ksoctl";
  program.help = "Builds things.";
  program.options = {{{"--output"}, "text|json", "How to print."}};
  program.commands = {workers, hidden};

  const std::vector<ManPage> pages = ManPages(program, "Exit status: 0", "1.2");
  ASSERT_THAT(pages, SizeIs(2));
  EXPECT_EQ(pages[0].file, "ksoctl.1");
  EXPECT_THAT(pages[0].text, StartsWith(".TH KSOCTL 1 \"\" \"kso 1.2\""));
  EXPECT_THAT(pages[0].text, HasSubstr("ksoctl\\-workers(1)"));
  EXPECT_THAT(pages[0].text, HasSubstr("Exit status: 0"));
  const std::string& page = pages[1].text;
  EXPECT_EQ(pages[1].file, "ksoctl-workers.1");
  EXPECT_THAT(page, HasSubstr("Also: nodes"));
  EXPECT_THAT(page, HasSubstr(".B \\-w, \\-\\-wide\n\\&.dots and \\eslashes"));
  EXPECT_THAT(page, HasSubstr("ksoctl workers drain [OPTION...] WORKER"));
  EXPECT_THAT(page, HasSubstr("ksoctl workers drain build\\-2"));
  EXPECT_THAT(page, HasSubstr("\\-\\-output text|json"));
  EXPECT_THAT(pages[0].text, Not(HasSubstr("ksoctl\\-man")));
}

}  // namespace
}  // namespace kso::cli
