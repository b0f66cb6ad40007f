// SPDX-License-Identifier: Apache-2.0
#include "common/files/text_file.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso {
namespace {

std::vector<std::string> Texts(absl::string_view content) {
  std::vector<std::string> texts;
  for (const TextLine& line : LinesOf(content)) {
    texts.push_back(absl::StrCat(line.number, ":", line.text));
  }
  return texts;
}

TEST(LinesOf, SkipsWhatSaysNothing) {
  EXPECT_THAT(Texts("# comment\r\n\r\n  one \t\r\n\ntwo # about two\n#\nthree"),
              ::testing::ElementsAre("3:one", "5:two", "7:three"));
}

TEST(LinesOf, KeepsHashesInsideWords) {
  EXPECT_THAT(Texts("https://example.com/a#b"),
              ::testing::ElementsAre("1:https://example.com/a#b"));
}

TEST(ReadTextFile, DropsTheByteOrderMark) {
  const std::string path = ::testing::TempDir() + "/bom";
  std::ofstream(path) << "\xEF\xBB\xBFtext";
  EXPECT_EQ(*ReadTextFile(path, 100), "text");
}

TEST(ReadTextFile, RefusesWhatIsNoText) {
  const std::string path = ::testing::TempDir() + "/bad";
  EXPECT_EQ(ReadTextFile(path + "-missing", 100).status().message(),
            "there is no such file");
  EXPECT_EQ(ReadTextFile(::testing::TempDir(), 100).status().message(),
            "this is a directory, not a file");
  std::ofstream(path) << std::string("a\0b", 3);
  EXPECT_EQ(ReadTextFile(path, 100).status().message(),
            "this is not a text file");
  std::ofstream(path) << std::string((1 << 20) + 1, 'x');
  EXPECT_EQ(ReadTextFile(path, 1 << 20).status().message(),
            "the file is larger than 1 MiB");
  EXPECT_EQ(ReadTextFile(path, (1 << 20) + 1)->size(), (1u << 20) + 1);
}

}  // namespace
}  // namespace kso
