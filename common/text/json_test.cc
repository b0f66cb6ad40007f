// SPDX-License-Identifier: Apache-2.0
#include "common/text/json.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso {
namespace {

using ::testing::HasSubstr;

std::string ProblemOf(const std::string& content, JsonBounds bounds = {}) {
  return std::string(ParseJson(content, bounds).status().message());
}

TEST(ParseJsonTest, BuildsTheDocument) {
  const std::string text =
      R"({"a":[1,-2,2.5,null,true,"x",{"b":[]}],"c":{"d":{}},"e":"é"})";
  const absl::StatusOr<Json> json = ParseJson(text);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->dump(), text);
  EXPECT_EQ(ParseJson("3")->get<int>(), 3);
}

TEST(ParseJsonTest, RefusesWhatIsNotJson) {
  for (const char* bad : {"", "{", "[1,]", "{} {}", "nul", "\"\xe9\""}) {
    EXPECT_THAT(ProblemOf(bad), HasSubstr("not JSON")) << bad;
  }
}

TEST(ParseJsonTest, RefusesWhatOtherReadersDoNotRead) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view content :
       {"\xEF\xBB\xBF{}"sv, "{}\0"sv, "{}\0{\"a\":1}"sv, "\0{}"sv,
        "{\"a\":\"\0\"}"sv, "\xFF\xFE{\0}\0"sv}) {
    EXPECT_FALSE(ParseJson(content).ok()) << content;
    EXPECT_FALSE(ParseOrderedJson(content).ok()) << content;
  }
  EXPECT_TRUE(ParseJson("\r\n\t {} \n").ok());
}

TEST(ParseJsonTest, RefusesDeepDocumentsBeforeTheyFillTheStack) {
  const std::string open(64, '['), close(64, ']');
  EXPECT_TRUE(ParseJson(open + close).ok());
  EXPECT_EQ(ProblemOf("[" + open + close + "]"), "it is nested over 64 deep");
  const std::string deep = R"({"errors":[{"code":)" + std::string(200000, '[');
  EXPECT_EQ(ProblemOf(deep), "it is nested over 64 deep");
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += R"({"x":)";
  EXPECT_EQ(ProblemOf(objects), "it is nested over 64 deep");
}

TEST(ParseJsonTest, RefusesLargeDocuments) {
  EXPECT_EQ(ProblemOf("[1, 2, 3]", {.bytes = 8}),
            "it has 9 bytes, over the limit of 8");
  EXPECT_TRUE(ParseJson("[1, 2, 3]", {.bytes = 9}).ok());
  // Registries take manifests of 4 MiB.
  EXPECT_TRUE(ParseJson(std::string((4 << 20) - 1, ' ') + "1").ok());
  EXPECT_FALSE(ParseJson(std::string(4 << 20, ' ') + "1").ok());
}

TEST(ParseJsonTest, RefusesKeysThatReadersReadDifferently) {
  EXPECT_EQ(ProblemOf(R"({"layers":[],"layers":[1]})"),
            "the key \"layers\" is there twice");
  EXPECT_EQ(ProblemOf(R"([{"x":{"size":1,"Size":2}}])"),
            "the key \"Size\" is there twice, in other letters");
  // The long s, and the sign of the kelvin.
  EXPECT_EQ(ProblemOf(R"({"layers":[],"layerſ":[1]})"),
            "the key \"layerſ\" is there twice, in other letters");
  EXPECT_FALSE(ParseJson(R"({"token":1,"to\u212Aen":2})").ok());
  EXPECT_TRUE(ParseJson(R"({"größe":1,"größen":2})").ok());
  EXPECT_TRUE(ParseJson(R"([{"size":1},{"Size":2}])").ok());
}

TEST(ParseJsonTest, PeoplesOwnKeysMayDifferInCase) {
  EXPECT_TRUE(
      ParseJson(R"({"config":{"Labels":{"Name":"a","name":"b"}}})").ok());
  EXPECT_FALSE(
      ParseJson(R"({"config":{"Labels":{"name":"a","name":"b"}}})").ok());
  for (const char* map : {"annotations", "Volumes", "ExposedPorts", "auths",
                          "credHelpers", "HttpHeaders"}) {
    const std::string name = std::string("{\"") + map + "\":";
    EXPECT_TRUE(ParseJson(name + R"({"Name":"a","name":"b"}})").ok()) << map;
  }
  // The values of such a map are documents like any other.
  EXPECT_FALSE(ParseJson(R"({"Volumes":{"/a":{"x":1,"X":2}}})").ok());
  EXPECT_FALSE(ParseJson(R"({"Labels":[{"name":"a","Name":"b"}]})").ok());
}

TEST(FieldOfTest, TellsAbsenceFromOtherLetters) {
  const Json json = *ParseJson(R"({"layers":[1],"config":null,"Size":3})");
  EXPECT_EQ((*FieldOf(json, "layers"))->size(), 1u);
  EXPECT_EQ(*FieldOf(json, "config"), nullptr);
  EXPECT_EQ(*FieldOf(json, "manifests"), nullptr);
  EXPECT_EQ(FieldOf(json, "size").status().message(),
            "its key \"Size\" should be \"size\"");
  EXPECT_EQ(FieldOf(*ParseJson(R"({"ſize":3})"), "size").status().message(),
            "its key \"ſize\" should be \"size\"");
  EXPECT_EQ(*FieldOf(Json(3), "size"), nullptr);
}

TEST(StringOfTest, WhatIsNoStringIsEmpty) {
  const Json json =
      *ParseJson(R"({"name":"a","size":3,"config":null,"Tag":"b"})");
  EXPECT_EQ(StringOf(json, "name"), "a");
  for (const char* key : {"size", "config", "absent", "tag"}) {
    EXPECT_EQ(StringOf(json, key), "") << key;
  }
}

}  // namespace
}  // namespace kso
