// SPDX-License-Identifier: Apache-2.0
#include "coordinator/http/multipart_form.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using ::testing::HasSubstr;

constexpr char kType[] = "multipart/form-data; boundary=bb";

// A body in which "|" stands for a line end.
std::string Body(std::string_view text) {
  return absl::StrReplaceAll(std::string(text), {{"|", "\r\n"}});
}

std::string PartOf(const std::string& header, const std::string& content) {
  return absl::StrCat("--bb\r\n", header, "\r\n\r\n", content,
                      "\r\n--bb--\r\n");
}

// "name/filename=content" of each part; or the error.
std::vector<std::string> Parse(const std::string& body,
                               const std::string& type = kType) {
  const auto parts = ParseMultipartForm(type, body);
  if (!parts.ok()) return {std::string(parts.status().message())};
  std::vector<std::string> texts;
  for (const FormPart& part : *parts) {
    texts.push_back(absl::StrCat(part.name, "/", part.filename.value_or("-"),
                                 "=", std::string(part.content)));
  }
  return texts;
}

std::string ErrorOf(const std::string& body, const std::string& type = kType) {
  const auto parts = ParseMultipartForm(type, body);
  EXPECT_TRUE(absl::IsInvalidArgument(parts.status())) << body;
  return std::string(parts.status().message());
}

TEST(MultipartFormTest, ReadsFieldsAndFiles) {
  EXPECT_THAT(
      Parse(Body("--bb|Content-Disposition: form-data; name=\"id\"||b1"
                 "|--bb|Content-Disposition: form-data; name=\"file\"; "
                 "filename=\"a.list\"|Content-Type: text/plain||one|two|"
                 "|--bb--|")),
      ::testing::ElementsAre("id/-=b1", "file/a.list=one\r\ntwo\r\n"));
}

TEST(MultipartFormTest, ReadsWhatProgramsWrite) {
  const std::string expected = "f/a b.list=x";
  // .NET, with bare words, and the name in two forms.
  EXPECT_THAT(Parse(PartOf("Content-Disposition: form-data; name=f; "
                           "filename=\"a b.list\"; filename*=utf-8''a%20b.list",
                           "x")),
              ::testing::ElementsAre(expected));
  // A boundary in quotes, text before and after it, and a form of any case.
  EXPECT_THAT(
      Parse(Body("before|--b b|content-disposition:form-data;name=\"f\";"
                 "filename=\"a b.list\"||x|--b b-- |after"),
            "Multipart/Form-Data; charset=utf-8; boundary=\"b b\""),
      ::testing::ElementsAre(expected));
  // Backslashes of Windows, and quotes as older versions of curl write them.
  EXPECT_THAT(Parse(PartOf("Content-Disposition: form-data; name=\"f\"; "
                           "filename=\"a\\b\\\"\\\\c\"",
                           "x")),
              ::testing::ElementsAre("f/a\\b\"\\c=x"));
}

TEST(MultipartFormTest, ContentIsAnyBytes) {
  for (const std::string& content :
       {std::string(), std::string("\r\n"), std::string("\n--bb"),
        std::string("a\0\xff", 3), std::string("\r\n\r\n--b\r\n-")}) {
    EXPECT_THAT(
        Parse(PartOf("Content-Disposition: form-data; name=\"f\"", content)),
        ::testing::ElementsAre("f/-=" + content));
  }
  // An empty part whose headers' line end is its own.
  EXPECT_THAT(
      Parse(Body("--bb|Content-Disposition: form-data; name=\"f\"||--bb--")),
      ::testing::ElementsAre("f/-="));
  EXPECT_THAT(Parse("--bb--\r\n"), ::testing::IsEmpty());
}

TEST(MultipartFormTest, RefusesWhatIsNotWellFormed) {
  const std::string good = "Content-Disposition: form-data; name=\"f\"";
  EXPECT_THAT(ErrorOf(""), HasSubstr("boundary is not there"));
  EXPECT_THAT(ErrorOf("no boundary"), HasSubstr("boundary is not there"));
  EXPECT_THAT(ErrorOf(Body("--bb|" + good + "||x")),
              HasSubstr("last boundary"));
  EXPECT_THAT(ErrorOf(Body("--bb|" + good + "|")), HasSubstr("do not end"));
  EXPECT_THAT(ErrorOf(Body("--bb and|" + good + "||x|--bb--|")),
              HasSubstr("alone on its line"));
  EXPECT_THAT(ErrorOf(PartOf("Content-Type: text/plain", "")),
              HasSubstr("no header Content-Disposition"));
  EXPECT_THAT(ErrorOf(PartOf(good + "\r\n" + good, "")), HasSubstr("two"));
  EXPECT_THAT(ErrorOf(PartOf("Content-Disposition: form-data", "")),
              HasSubstr("no name"));
  EXPECT_THAT(ErrorOf(PartOf("Content-Disposition: attachment; name=f", "")),
              HasSubstr("not form-data"));
  EXPECT_THAT(ErrorOf(PartOf(good + "; name=g", "")), HasSubstr("twice"));
  EXPECT_THAT(ErrorOf(PartOf(good + "; filename=\"a", "")),
              HasSubstr("not closed"));
  EXPECT_THAT(ErrorOf(PartOf(good + "; filename", "")), HasSubstr("no value"));
  EXPECT_THAT(ErrorOf(PartOf(good + "; filename=\"\xff\"", "")),
              HasSubstr("UTF-8"));
  EXPECT_THAT(ErrorOf(PartOf(good + "; filename=\"a\tb\"", "")),
              HasSubstr("control"));
  EXPECT_THAT(
      ErrorOf(PartOf(good + "\r\nContent-Transfer-Encoding: base64", "eA==")),
      HasSubstr("encoded"));
  for (const std::string boundary :
       {"", "boundary=", "boundary=\"a \"", "boundary=a\xff",
        "boundary=a; boundary=b"}) {
    ErrorOf(PartOf(good, "x"), "multipart/form-data; " + boundary);
  }
  ErrorOf(PartOf(good, "x"),
          "multipart/form-data; boundary=" + std::string(71, 'b'));
}

TEST(MultipartFormTest, PartsAndHeadersAreBounded) {
  const std::string part =
      "--bb\r\nContent-Disposition: form-data; name=f"
      "\r\n\r\nx\r\n";
  std::string body;
  for (size_t i = 0; i < kMostFormParts; ++i) body += part;
  EXPECT_EQ(Parse(body + "--bb--").size(), kMostFormParts);
  EXPECT_THAT(ErrorOf(body + part + "--bb--"), HasSubstr("more than 128"));
  EXPECT_THAT(ErrorOf(PartOf("X: " + std::string(5000, 'x'), "")),
              HasSubstr("do not end"));
  EXPECT_THAT(
      ErrorOf(PartOf(
          "Content-Disposition: form-data; name=" + std::string(600, 'x'), "")),
      HasSubstr("too long"));
}

TEST(MultipartFormTest, WhatIsAtABoundIsTaken) {
  const std::string boundary(70, 'b');
  EXPECT_THAT(Parse(absl::StrReplaceAll(
                        PartOf("Content-Disposition: form-data; name=f", "x"),
                        {{"bb", boundary}}),
                    "multipart/form-data; boundary=" + boundary),
              ::testing::ElementsAre("f/-=x"));
  const std::string name(512, 'n');
  EXPECT_THAT(Parse(PartOf("Content-Disposition: form-data; name=" + name +
                               "; filename=" + name,
                           "x")),
              ::testing::ElementsAre(name + "/" + name + "=x"));
  for (const std::string& longer :
       {"name=n" + name, "name=f; filename=n" + name}) {
    EXPECT_THAT(
        ErrorOf(PartOf("Content-Disposition: form-data; " + longer, "x")),
        HasSubstr("too long"));
  }
  // The headers of a part, with the line ends behind them.
  const std::string headers = "Content-Disposition: form-data; name=f\r\nX: ";
  const auto padded = [&](size_t bytes) {
    return PartOf(headers + std::string(bytes - 4 - headers.size(), 'x'), "y");
  };
  EXPECT_THAT(Parse(padded(4096)), ::testing::ElementsAre("f/-=y"));
  EXPECT_THAT(ErrorOf(padded(4097)), HasSubstr("do not end"));
}

TEST(MultipartFormTest, ABoundaryHasItsSignsAndNoOthers) {
  const std::string part =
      "--@\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n--@--";
  for (const char* good : {"aZ09", "'()+_,-./:=?", "a b"}) {
    EXPECT_THAT(
        Parse(absl::StrReplaceAll(part, {{"@", good}}),
              absl::StrCat("multipart/form-data; boundary=\"", good, "\"")),
        ::testing::ElementsAre("f/-=x"))
        << good;
  }
  for (const char* bad : {"a!", "a@", "a[", "a`", "a{", "a ", "a\t"}) {
    EXPECT_THAT(ErrorOf(part, absl::StrCat("multipart/form-data; boundary=\"",
                                           bad, "\"")),
                HasSubstr("boundary is none"))
        << bad;
  }
}

TEST(MultipartFormTest, SpaceBetweenParametersDoesNotMatter) {
  for (const char* header :
       {"Content-Disposition: form-data;name=f;filename=g",
        "Content-Disposition:\tform-data ;\tname=f\t; filename=g ; ",
        "Content-Disposition: FORM-DATA; NAME=f; Filename=\"g\" "}) {
    EXPECT_THAT(Parse(PartOf(header, "x")), ::testing::ElementsAre("f/g=x"))
        << header;
  }
  EXPECT_THAT(
      ErrorOf(PartOf("Content-Disposition: form-data; name=\"f\"x", "x")),
      HasSubstr("no such form"));
  EXPECT_THAT(
      ErrorOf(PartOf("Content-Disposition: form-data; name=\"f\\", "x")),
      HasSubstr("not closed"));
  EXPECT_THAT(ErrorOf(PartOf("Content-Disposition: form-data; name=\"\"", "x")),
              HasSubstr("no name"));
}

TEST(MultipartFormTest, BytesAsTheyAreMayBeCalledSo) {
  for (const char* encoding : {"binary", "8bit", "7bit", "BINARY"}) {
    EXPECT_THAT(Parse(PartOf(absl::StrCat("Content-Disposition: form-data; "
                                          "name=f\r\n"
                                          "content-transfer-encoding: ",
                                          encoding),
                             "x")),
                ::testing::ElementsAre("f/-=x"))
        << encoding;
  }
}

TEST(MultipartFormTest, KnowsItsType) {
  EXPECT_TRUE(IsMultipartForm(kType));
  EXPECT_TRUE(IsMultipartForm("Multipart/form-data"));
  EXPECT_FALSE(IsMultipartForm("application/json"));
  EXPECT_FALSE(IsMultipartForm("multipart/form-data-x"));
  EXPECT_FALSE(IsMultipartForm(""));
}

}  // namespace
}  // namespace kso::coordinator
