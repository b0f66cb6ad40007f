// SPDX-License-Identifier: Apache-2.0
#include "common/http/url.h"

#include <gtest/gtest.h>

#include <string_view>

namespace kso::http {
namespace {

TEST(UrlTest, OriginIsSchemeHostAndPort) {
  EXPECT_EQ(Url::Parse("https://Quay.IO/a?b#c")->origin(),
            "https://quay.io:443");
  EXPECT_EQ(Url::Parse("https://quay.io:443/")->origin(),
            "https://quay.io:443");
  EXPECT_EQ(Url::Parse("http://[::1]:5000/")->origin(), "http://[::1]:5000");
  EXPECT_EQ(Url::Parse("https://quay.io:443/")->host(), "quay.io");
  EXPECT_EQ(Url::Parse("http://quay.io:443/")->host(), "quay.io:443");
}

TEST(UrlTest, ResolvesLocations) {
  const auto base = Url::Parse("https://a.example.com/v2/x/uploads/?q=1");
  ASSERT_TRUE(base.ok());
  EXPECT_EQ(base->Resolve("/v2/y?s=2")->text(),
            "https://a.example.com/v2/y?s=2");
  EXPECT_EQ(base->Resolve("z")->text(), "https://a.example.com/v2/x/uploads/z");
  EXPECT_EQ(base->Resolve("//b.example.com/z")->origin(),
            "https://b.example.com:443");
  EXPECT_EQ(base->Resolve("http://b.example.com/a b")->text(),
            "http://b.example.com/a%20b");
  EXPECT_FALSE(base->Resolve("file:///etc/passwd").ok());
  EXPECT_FALSE(base->Resolve("https://u:p@b.example.com/").ok());
}

TEST(UrlTest, RefusesWhatIsNotFetched) {
  for (const char* text :
       {"", "quay.io/a", "ftp://quay.io/a", "file:///a", "http://",
        "http://a b/", "https://u:p@quay.io/", "http://quay.io:99999/",
        "http://quay.io/a\nb", "https://@quay.io/", "https://:@quay.io/"}) {
    EXPECT_EQ(Url::Parse(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
  using std::literals::string_view_literals::operator""sv;
  EXPECT_FALSE(Url::Parse("https://quay.io/a\0b"sv).ok());
}

TEST(UrlTest, MessagesDoNotShowSecrets) {
  EXPECT_EQ(Url::Parse("https://a.example.com/b?signature=s")->display(),
            "https://a.example.com/b");
  EXPECT_EQ(DisplayUrl("https://u:p@a.example.com/b?c"),
            "https://a.example.com/b");
  const auto bad = Url::Parse("https://u:secret@a.example.com/b?hidden");
  EXPECT_EQ(std::string(bad.status().message()).find("secret"),
            std::string::npos);
  EXPECT_EQ(std::string(bad.status().message()).find("hidden"),
            std::string::npos);
}

TEST(UrlTest, NoPartOfALoginIsShownWhereverItEnds) {
  for (const char* text :
       {"https://u:secret/more@a.example.com/b",
        "https://u:12/secret@a.example.com/b",
        "https://u:more?secret@a.example.com/b",
        "https://u:more#secret@a.example.com/b",
        "https://u:@secret/more@a.example.com/b",
        "https://u:more@secret@a.example.com/b",
        "https://u:more@b/secret@a.example.com/b",
        "https://u:more@a.example.com/b?mail=x@secret",
        "https://token/secret@a.example.com/b", "u:secret/more@a.example.com/b",
        "https:/u:secret/more@a.example.com/b", "//u:secret@a.example.com/b",
        "u:secret://more@a.example.com", "https://[u:secret/@a.example.com"}) {
    EXPECT_EQ(DisplayUrl(text).find("secret"), std::string::npos) << text;
    const auto parsed = Url::Parse(text);
    const std::string shown = parsed.ok()
                                  ? parsed->display()
                                  : std::string(parsed.status().message());
    EXPECT_EQ(shown.find("secret"), std::string::npos) << text;
  }
  // The "@" is behind what a message shows.
  const auto longer = Url::Parse("https://u:secret" + std::string(600, 'x') +
                                 "@a.example.com/b");
  EXPECT_EQ(std::string(longer.status().message()).find("secret"),
            std::string::npos);
}

TEST(UrlTest, WhatIsNoLoginIsShown) {
  EXPECT_EQ(DisplayUrl("https://a.example.com:8443/@scope/x@1.0"),
            "https://a.example.com:8443/@scope/x@1.0");
  EXPECT_EQ(DisplayUrl("http://localhost:80/@x"), "http://localhost:80/@x");
  EXPECT_EQ(DisplayUrl("http://[::1]:80/@x"), "http://[::1]:80/@x");
  EXPECT_EQ(DisplayUrl("http://mirror/x"), "http://mirror/x");
  EXPECT_EQ(DisplayUrl("http://mirror:port/x"), "http://mirror:port/x");
  EXPECT_EQ(DisplayUrl("https://a.example.com?mail=x@y"),
            "https://a.example.com");
  EXPECT_EQ(DisplayUrl(""), "");
}

TEST(UrlTest, AFragmentIsNotAskedFor) {
  EXPECT_EQ(Url::Parse("https://quay.io/a?b#c")->text(), "https://quay.io/a?b");
}

TEST(UrlTest, NamesTheHostOfAUrl) {
  EXPECT_EQ(HostOfUrl("https://quay.io:8443/a"), "quay.io:8443");
  EXPECT_EQ(HostOfUrl("https://quay.io/a"), "quay.io");
  EXPECT_EQ(HostOfUrl("quay.io"), "");
}

}  // namespace
}  // namespace kso::http
