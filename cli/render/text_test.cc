// SPDX-License-Identifier: Apache-2.0
#include "cli/render/text.h"

#include "gtest/gtest.h"

namespace kso::cli {
namespace {

TEST(FormatElapsed, IsShort) {
  EXPECT_EQ(FormatElapsed(absl::Milliseconds(2500)), "2.5s");
  EXPECT_EQ(FormatElapsed(absl::Seconds(84)), "1m 24s");
  EXPECT_EQ(FormatElapsed(absl::Minutes(125)), "2h 5m");
  EXPECT_EQ(FormatElapsed(-absl::Seconds(3)), "0.0s");
}

TEST(Printable, TakesTheSpeechFromTerminalSequences) {
  EXPECT_EQ(Printable("a\x1b[2Jb\nc"), "a\uFFFD[2Jb c");
  // C1's CSI, and a mark that shows "exe.gpj" as another name.
  EXPECT_EQ(Printable("a\u009b2Jb"), "a\uFFFD2Jb");
  EXPECT_EQ(Printable("a\u202egpj.exe"), "a\uFFFDgpj.exe");
  EXPECT_EQ(Printable("a\x9b"
                      "b"),
            "a\uFFFD"
            "b");
  EXPECT_EQ(Printable("größer"), "größer");
}

TEST(FormatTable, AlignsColumns) {
  EXPECT_EQ(FormatTable({{"A", "LONG"}, {"wide", "x"}}, "  "),
            "  A     LONG\n  wide  x\n");
}

TEST(CutText, CutsBetweenCharacters) {
  EXPECT_EQ(CutText("kubelet", 10), "kubelet");
  EXPECT_EQ(CutText("kubelet", 4), "kube");
  EXPECT_EQ(CutText("größer", 4), "größ");
  EXPECT_EQ(CutText("\xe9\x95\x9c\xe5\x83\x8f", 3), "\xe9\x95\x9c");
  // Half of a wide character is none.
  EXPECT_EQ(CutText("\xe9\x95\x9c\xe5\x83\x8f", 1), "");
  EXPECT_EQ(CutText("kubelet", 0), "");
}

TEST(ColumnsOf, CountsWhatATerminalShows) {
  EXPECT_EQ(ColumnsOf(""), 0u);
  EXPECT_EQ(ColumnsOf("kubelet"), 7u);
  EXPECT_EQ(ColumnsOf("größer"), 6u);
  EXPECT_EQ(ColumnsOf("镜像 v1"), 7u);
  EXPECT_EQ(ColumnsOf("（한글）"), 8u);
  EXPECT_EQ(ColumnsOf("\U0001F600"), 2u);
  // A character that is cut short, and bytes that begin none.
  EXPECT_EQ(ColumnsOf("\xe9\x95"), 1u);
  EXPECT_EQ(ColumnsOf("\xff\x80z"), 2u);
}

TEST(FormatTable, AlignsWhatIsNotAscii) {
  EXPECT_EQ(FormatTable({{"镜像", "x"}, {"wide!", "y"}}),
            "镜像   x\nwide!  y\n");
}

}  // namespace
}  // namespace kso::cli
