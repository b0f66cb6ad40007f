// SPDX-License-Identifier: Apache-2.0
#include "cli/json_output.h"

#include "gtest/gtest.h"
#include "kso/v1/build.pb.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

TEST(JsonLines, AMessageIsALineThatSaysWhatItIs) {
  v1::Event event;
  event.set_sequence(7);
  event.set_text("a \"quoted\" line\nand another");
  EXPECT_EQ(JsonLines(event),
            "{\"type\":\"event\",\"event\":{\"sequence\":\"7\",\"level\":"
            "\"LEVEL_UNSPECIFIED\",\"taskId\":\"\",\"worker\":\"\",\"text\":"
            "\"a \\\"quoted\\\" line\\nand another\"}}\n");
  EXPECT_EQ(JsonNotice("back"),
            "{\"type\":\"notice\",\"notice\":{\"text\":\"back\"}}\n");
}

TEST(JsonLines, AListIsALineForEachItem) {
  v1::ListBuildsResponse builds;
  EXPECT_EQ(JsonLines(builds), "");
  builds.add_builds()->set_build_id("a");
  builds.add_builds()->set_build_id("b");
  const std::string lines = JsonLines(builds);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2);
  EXPECT_EQ(lines.rfind("{\"type\":\"build\",\"build\":{\"buildId\":\"a\"", 0),
            0u);
}

TEST(JsonLines, NothingActsOnATerminal) {
  // The 8-bit forms of the sequences that write to a terminal's clipboard.
  const std::string text =
      "\xc2\x9d"
      "52;c;cm0gLXJmIC8=\xc2\x9c";
  v1::Event event;
  event.set_text(text);
  for (const std::string& json :
       {JsonLines(event), JsonDocument(event), JsonNotice(text),
        JsonLines(nlohmann::ordered_json{{"text", text}}),
        JsonDocument(nlohmann::ordered_json{{"text", text}})}) {
    EXPECT_EQ(json.find("\xc2"), std::string::npos) << json;
    EXPECT_NE(json.find("\\u009d52;c;"), std::string::npos) << json;
  }
}

TEST(JsonLines, OfWhatIsNoMessageIsAResult) {
  EXPECT_EQ(JsonLines(nlohmann::ordered_json{{"ok", true}}),
            "{\"type\":\"result\",\"result\":{\"ok\":true}}\n");
  // Bytes that are no UTF-8 do not end the program.
  EXPECT_NE(JsonDocument(nlohmann::ordered_json{{"text", "\xff"}}), "");
}

}  // namespace
}  // namespace kso::cli
