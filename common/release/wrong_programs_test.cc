// SPDX-License-Identifier: Apache-2.0
#include "common/release/wrong_programs.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace kso::release {
namespace {

constexpr char kPlain[] = "https://h.example/v1/tool";

struct Found {
  std::string architecture;
  std::string example;
  int executables = 1;
};

v1::FileContent Content(const std::vector<Found>& all) {
  v1::FileContent content;
  for (const Found& found : all) {
    v1::FoundPrograms* programs = content.add_programs();
    programs->set_architecture(found.architecture);
    programs->set_example(found.example);
    programs->set_executables(found.executables);
  }
  return content;
}

std::string ProblemOf(const std::string& url,
                      const std::vector<std::string>& lists,
                      const std::vector<Found>& found) {
  return FindWrongPrograms(url, lists, Content(found)).problem;
}

TEST(WrongProgramsTest, AFileWithoutProgramsIsForEverybody) {
  EXPECT_EQ(ProblemOf(kPlain, {"amd64"}, {}), "");
  EXPECT_EQ(ProblemOf("https://h.example/arm64/x", {"amd64"}, {}), "");
}

TEST(WrongProgramsTest, TheListSaysForWhatItIs) {
  EXPECT_EQ(ProblemOf(kPlain, {"amd64"}, {{"amd64", ""}}), "");
  const WrongPrograms wrong =
      FindWrongPrograms(kPlain, {"amd64"}, Content({{"arm64", "bin/ctr"}}));
  EXPECT_TRUE(wrong.mislabelled);
  EXPECT_EQ(wrong.problem,
            "its programs are for arm64 (bin/ctr), and not for amd64, as its "
            "list says");
}

TEST(WrongProgramsTest, TheUrlSaysSoFirstAndEitherIsEnough) {
  const std::string url = "https://h.example/v1/tool-linux-arm64";
  EXPECT_EQ(ProblemOf(url, {"amd64"}, {{"arm64", ""}}), "");
  EXPECT_EQ(ProblemOf(url, {"amd64"}, {{"amd64", ""}}), "");
  EXPECT_EQ(ProblemOf(url, {"amd64"}, {{"riscv64", ""}}),
            "its programs are for riscv64, and not for arm64, as its URL says");
  EXPECT_TRUE(
      FindWrongPrograms(url, {"amd64", "arm64"}, Content({{"amd64", ""}}))
          .mislabelled);
}

TEST(WrongProgramsTest, AllThatMayBeExecutedRunThere) {
  EXPECT_EQ(
      ProblemOf(kPlain, {"amd64"}, {{"amd64", "bin/a"}, {"arm64", "lib/x", 0}}),
      "");
  EXPECT_EQ(
      ProblemOf(kPlain, {"amd64"}, {{"amd64", "bin/a"}, {"arm64", "bin/b", 1}}),
      "a program in it is for arm64 (bin/b), and not for amd64, as its "
      "list says");
  EXPECT_EQ(
      ProblemOf(kPlain, {"amd64"}, {{"arm64", "", 3}, {"amd64", "bin/a", 1}}),
      "3 programs in it are for arm64, and not for amd64, as its list says");
}

TEST(WrongProgramsTest, AProcessorOf64BitsRunsWhatIsFor32) {
  for (const auto& [program, processor] :
       std::vector<std::pair<std::string, std::string>>{{"386", "amd64"},
                                                        {"arm", "arm64"}}) {
    EXPECT_EQ(ProblemOf(kPlain, {processor}, {{program, ""}}), "");
    EXPECT_NE(ProblemOf(kPlain, {program}, {{processor, ""}}), "");
  }
  EXPECT_NE(ProblemOf(kPlain, {"amd64"}, {{"arm", ""}}), "");
  EXPECT_NE(ProblemOf(kPlain, {"arm64"}, {{"386", ""}}), "");
}

TEST(WrongProgramsTest, AFileOfSeveralListsHasProgramsForEach) {
  const std::vector<std::string> lists = {"amd64", "arm64", "s390x"};
  EXPECT_EQ(
      ProblemOf(kPlain, lists, {{"s390x", ""}, {"arm64", ""}, {"amd64", ""}}),
      "");
  const WrongPrograms wrong =
      FindWrongPrograms(kPlain, lists, Content({{"amd64", "bin/a"}}));
  EXPECT_FALSE(wrong.mislabelled);
  EXPECT_EQ(wrong.problem,
            "it is in the list of arm64 and of s390x too, and its programs are "
            "for amd64 (bin/a): they do not run there");
}

}  // namespace
}  // namespace kso::release
