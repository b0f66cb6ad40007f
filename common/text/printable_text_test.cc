// SPDX-License-Identifier: Apache-2.0
#include "common/text/printable_text.h"

#include <string>

#include "gtest/gtest.h"

namespace kso {
namespace {

TEST(PrintableTextTest, LeavesTextOfAnyLanguageAlone) {
  EXPECT_EQ(PrintableText("kubelet café 文件 🚀"), "kubelet café 文件 🚀");
}

TEST(PrintableTextTest, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(PrintableText("caf\xe9!"), "caf\xEF\xBF\xBD!");
  EXPECT_EQ(PrintableText("\xff\xfe"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  // An overlong slash, a surrogate, a code past Unicode's end.
  for (const char* bad : {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
    EXPECT_TRUE(IsUtf8(PrintableText(bad))) << bad;
  }
}

TEST(PrintableTextTest, TheFirstAndLastCharactersOfEachLengthAreUtf8) {
  // U+0080, U+07FF, U+0800, U+FFFF, U+10000, U+10FFFF; U+D7FF and U+E000 are
  // beside the surrogates.
  for (const char* good :
       {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xef\xbf\xbf",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf",
        "\xee\x80\x80"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xbf", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",
        "\xed\xbf\xbf", "\xf5\x80\x80\x80", "\xc2", "\xe1\x80", "\xc2\xc0",
        "\xf1\x80\x80\x7f"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
}

TEST(PrintableTextTest, ACharacterThatIsCutInItsMiddleIsReplaced) {
  EXPECT_EQ(PrintableText("log: \xe6\x96"), "log: \xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(PrintableTextTest, NothingActsOnATerminal) {
  EXPECT_EQ(PrintableText("a\x1b[31mb"), "a\xEF\xBF\xBD[31mb");
  EXPECT_EQ(PrintableText(std::string_view("a\0b", 3)),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(PrintableText("one\r\ntwo\tthree"), "one  two three");
  // A C1 control character and a mark that turns the direction of writing.
  EXPECT_EQ(PrintableText("\xc2\x9b"
                          "31m"),
            "\xEF\xBF\xBD"
            "31m");
  EXPECT_EQ(PrintableText("\xe2\x80\xae"
                          "gpj"),
            "\xEF\xBF\xBD"
            "gpj");
}

TEST(PrintableTextTest, EachCharacterThatActsIsReplacedAndNoneBesideIt) {
  // U+001F, U+007F, U+0080, U+009F, U+061C, U+200E, U+200F, U+2028, U+2029,
  // U+202A, U+202E, U+2066, U+2069, U+FEFF.
  for (const char* acts :
       {"\x1f", "\x7f", "\xc2\x80", "\xc2\x9f", "\xd8\x9c", "\xe2\x80\x8e",
        "\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa",
        "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9", "\xef\xbb\xbf"}) {
    EXPECT_EQ(PrintableText(acts), "\xEF\xBF\xBD") << acts;
  }
  // " ", "~", U+00A0, U+061B, U+200D, U+2027, U+202F, U+2065, U+206A.
  for (const char* shown :
       {" ", "~", "\xc2\xa0", "\xd8\x9b", "\xe2\x80\x8d", "\xe2\x80\xa7",
        "\xe2\x80\xaf", "\xe2\x81\xa5", "\xe2\x81\xaa"}) {
    EXPECT_EQ(PrintableText(shown), shown);
  }
}

TEST(PrintableTextTest, JsonMeansTheSameAndDoesNotAct) {
  EXPECT_EQ(PrintableJson("{\n  \"a\": \"文件 \\u001b[2J\"\n}\n"),
            "{\n  \"a\": \"文件 \\u001b[2J\"\n}\n");
  // C1's CSI and OSC, DEL, and a mark that turns the direction of writing.
  EXPECT_EQ(PrintableJson("[\"\xc2\x9b"
                          "2J\xc2\x9d"
                          "52;c;\x7f\xe2\x80\xae\"]"),
            "[\"\\u009b2J\\u009d52;c;\\u007f\\u202e\"]");
}

TEST(PrintableTextTest, LogsKeepTheirLines) {
  EXPECT_EQ(PrintableLines("one\r\n\ttwo\n"), "one\n\ttwo\n");
  EXPECT_EQ(PrintableLines("\x07"), "\xEF\xBF\xBD");
}

TEST(PrintableTextTest, LongTextIsCutBetweenCharacters) {
  EXPECT_EQ(PrintableText("12345678", 8), "12345678");
  EXPECT_EQ(PrintableText("123456789", 8), "12345...");
  EXPECT_EQ(PrintableText("文件文件", 8), "文...");
  EXPECT_EQ(PrintableText("文件文件", 9), "文件...");
  EXPECT_EQ(PrintableText("1234", 3), "...");
  EXPECT_EQ(PrintableText("1234", 2), "");
  // Bytes that become longer are counted as they are shown.
  EXPECT_LE(PrintableText(std::string(5000, '\xff')).size(), kLongestText);
}

}  // namespace
}  // namespace kso
