// SPDX-License-Identifier: Apache-2.0
#include "common/text/yaml_tree.h"

#include <string>
#include <variant>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso {
namespace {

using ::testing::HasSubstr;
using Kind = YamlNode::Kind;

YamlNode Parse(const std::string& content,
               YamlAliases aliases = YamlAliases::kRefused) {
  const auto parsed = ParseYaml(content, aliases);
  const auto* const error = std::get_if<YamlError>(&parsed);
  EXPECT_EQ(error, nullptr) << error->line << ": " << error->what;
  return error == nullptr ? std::get<YamlNode>(parsed) : YamlNode();
}

// "LINE: what is wrong".
std::string ErrorOf(const std::string& content,
                    YamlAliases aliases = YamlAliases::kRefused) {
  const auto parsed = ParseYaml(content, aliases);
  const auto* const error = std::get_if<YamlError>(&parsed);
  if (error == nullptr) return "none";
  return std::to_string(error->line) + ": " + error->what;
}

TEST(YamlTreeTest, EachValueHasItsLine) {
  const YamlNode root = Parse(
      "# A comment.\n"
      "name: v1\n"
      "platforms:\n"
      "  - linux/amd64\n"
      "  - linux/arm64\n"
      "files: {base: nginx, list:}\n");
  ASSERT_EQ(root.kind, Kind::kMap);
  EXPECT_EQ(root.line, 2);
  ASSERT_EQ(root.fields.size(), 3u);
  EXPECT_EQ(root.fields[0].first.scalar, "name");
  EXPECT_EQ(root.fields[0].second.kind, Kind::kScalar);
  EXPECT_EQ(root.fields[0].second.scalar, "v1");
  const YamlNode& platforms = root.fields[1].second;
  ASSERT_EQ(platforms.kind, Kind::kSequence);
  ASSERT_EQ(platforms.items.size(), 2u);
  EXPECT_EQ(platforms.items[1].scalar, "linux/arm64");
  EXPECT_EQ(platforms.items[1].line, 5);
  const YamlNode& files = root.fields[2].second;
  ASSERT_EQ(files.kind, Kind::kMap);
  ASSERT_EQ(files.fields.size(), 2u);
  EXPECT_EQ(files.fields[1].first.scalar, "list");
  // A value that is left out stands where its key does.
  EXPECT_EQ(files.fields[1].second.kind, Kind::kNull);
  EXPECT_EQ(files.fields[1].second.line, 6);
}

TEST(YamlTreeTest, AScalarIsTextAndAKeyMayComeAgain) {
  const YamlNode root = Parse("a: 010\na: true\n\"b\": '#'\n");
  ASSERT_EQ(root.fields.size(), 3u);
  EXPECT_EQ(root.fields[0].second.scalar, "010");
  EXPECT_EQ(root.fields[1].first.scalar, "a");
  EXPECT_EQ(root.fields[1].second.scalar, "true");
  EXPECT_EQ(root.fields[2].second.scalar, "#");
}

TEST(YamlTreeTest, AnEmptyDocumentIsNothingAtLineOne) {
  for (const char* empty : {"", "\n", "# nothing\n"}) {
    const YamlNode root = Parse(empty);
    EXPECT_EQ(root.kind, Kind::kNull) << empty;
    EXPECT_EQ(root.line, 1) << empty;
  }
  EXPECT_EQ(Parse("alone").scalar, "alone");
}

TEST(YamlTreeTest, OneFileHasOneDocument) {
  EXPECT_EQ(ErrorOf("---\na: 1\n"), "none");
  EXPECT_THAT(ErrorOf("a: 1\n---\nb: 2\n"),
              HasSubstr("a second YAML document begins here"));
}

TEST(YamlTreeTest, AliasesAreRefusedWhereTheyWouldBeFollowed) {
  EXPECT_THAT(ErrorOf("a: &x 1\n"), HasSubstr("1: an anchor (&NAME)"));
  EXPECT_THAT(ErrorOf("a:\n  <<: {b: 1}\n"), HasSubstr("2: a merge key (<<)"));
  EXPECT_EQ(ErrorOf("a: <<\nb: [<<]\n"), "none");
  const YamlNode root =
      Parse("a: &x [1, 2]\nb: *x\n<<: *x\nc: 3\n", YamlAliases::kNothing);
  ASSERT_EQ(root.fields.size(), 4u);
  EXPECT_EQ(root.fields[0].second.items.size(), 2u);
  EXPECT_EQ(root.fields[1].second.kind, Kind::kNull);
  EXPECT_EQ(root.fields[1].second.line, 2);
  EXPECT_EQ(root.fields[2].first.scalar, "<<");
  EXPECT_EQ(root.fields[3].second.scalar, "3");
}

TEST(YamlTreeTest, DepthAndNumberAreBounded) {
  const auto nested = [](int depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(ErrorOf(nested(32)), "none");
  EXPECT_THAT(ErrorOf(nested(33)), HasSubstr("1: the document is nested too"));
  const auto many = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "- a\n";
    return text;
  };
  // The sequence is a value, too.
  EXPECT_EQ(ErrorOf(many(99'999)), "none");
  EXPECT_THAT(ErrorOf(many(100'000)),
              HasSubstr("100000: the document has too many values"));
}

TEST(YamlTreeTest, WhatIsNotYamlIsNamedWithItsLine) {
  EXPECT_THAT(ErrorOf("a: 1\nb: [1, 2\n"), HasSubstr("this is not YAML: "));
  EXPECT_THAT(ErrorOf("a: 1\n b: 2\n"), HasSubstr("2: this is not YAML: "));
  EXPECT_THAT(ErrorOf("a: 1\nb: \xff\n"),
              HasSubstr("2: this line is not UTF-8"));
}

}  // namespace
}  // namespace kso
