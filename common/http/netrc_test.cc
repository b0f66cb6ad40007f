// SPDX-License-Identifier: Apache-2.0
#include "common/http/netrc.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "common/bytes/sinks.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_transport.h"

namespace kso::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;
using ::testing::Pair;

// "me:secret".
const std::string kLogin = "Basic bWU6c2VjcmV0";

TEST(NetrcTest, ReadsWhatOtherToolsRead) {
  for (const char* content :
       {"machine h.example.com login me password secret",
        "machine H.Example.Com\n\tlogin me\n\tpassword secret\n",
        "# machine h.example.com login x password y\n"
        "machine h.example.com password secret login me\n",
        "machine \"h.example.com\" login \"me\" password \"secret\"\r\n",
        "machine h.example.com login me password \"s\\ecret\"\n",
        "machine other login a password b\nmacdef init\ncd /x\nmachine y\n\n"
        "machine h.example.com account z login me password secret\n"
        "machine h.example.com login second password one\n"}) {
    const auto netrc = Netrc::Parse(content);
    ASSERT_TRUE(netrc.ok()) << netrc.status();
    EXPECT_THAT(netrc->AuthorizationFor("h.example.com"), Optional(kLogin))
        << content;
    EXPECT_EQ(netrc->AuthorizationFor("example.com"), std::nullopt);
  }
}

TEST(NetrcTest, ALoginForEveryHostIsForNone) {
  const auto netrc = Netrc::Parse(
      "machine h.example.com login me password secret\n"
      "default login anonymous password secret\n");
  ASSERT_TRUE(netrc.ok()) << netrc.status();
  EXPECT_THAT(netrc->AuthorizationFor("h.example.com"), Optional(kLogin));
  EXPECT_EQ(netrc->AuthorizationFor("elsewhere.example.com"), std::nullopt);
  EXPECT_EQ(netrc->AuthorizationFor(""), std::nullopt);
}

TEST(NetrcTest, NamesALineWithoutItsSecret) {
  for (const char* content :
       {"\nsecret\n", "\nmachine h login me password\n",
        "\nmachine h password secret login\n",
        "\nmachine h password \"secret\n", "\nmachine h login me secret\n"}) {
    const auto netrc = Netrc::Parse(content);
    ASSERT_FALSE(netrc.ok()) << content;
    EXPECT_THAT(std::string(netrc.status().message()), HasSubstr("line 2"));
    EXPECT_THAT(std::string(netrc.status().message()),
                Not(HasSubstr("secret")));
  }
  EXPECT_FALSE(Netrc::FromFile("/no/such/file").ok());
}

TEST(NetrcTest, TheFileIsTheOneThatIsNamedElseThatOfTheHome) {
  const auto home = std::filesystem::path(::testing::TempDir()) / "netrc-home";
  std::filesystem::remove_all(home);
  std::filesystem::create_directories(home);
  setenv("HOME", home.c_str(), 1);
  unsetenv("NETRC");
  const auto none = Netrc::FromFile("");
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_TRUE(none->empty());

  std::ofstream(home / ".netrc") << "machine home.example.com password x\n";
  std::ofstream(home / "named") << "machine named.example.com password x\n";
  const auto has = [](const std::filesystem::path& file, const char* host) {
    const auto netrc = Netrc::FromFile(file);
    EXPECT_TRUE(netrc.ok()) << netrc.status();
    return netrc.ok() && netrc->AuthorizationFor(host).has_value();
  };
  EXPECT_TRUE(has("", "home.example.com"));
  EXPECT_TRUE(has(home / "named", "named.example.com"));
  EXPECT_FALSE(has(home / "named", "home.example.com"));
  setenv("NETRC", (home / "named").c_str(), 1);
  EXPECT_TRUE(has("", "named.example.com"));
  EXPECT_FALSE(has("", "home.example.com"));
  EXPECT_TRUE(has(home / ".netrc", "home.example.com"));
  setenv("NETRC", (home / "missing").c_str(), 1);
  EXPECT_TRUE(absl::IsInvalidArgument(Netrc::FromFile("").status()));
  unsetenv("NETRC");
}

TEST(NetrcTest, AFileHasAMebibyteAtMost) {
  const std::string file = ::testing::TempDir() + "/netrc-large";
  const std::string comment = "#" + std::string((1 << 20) - 1, 'x');
  std::ofstream(file) << comment;
  EXPECT_TRUE(Netrc::FromFile(file).ok());
  std::ofstream(file) << comment << "x";
  const absl::Status status = Netrc::FromFile(file).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(file));
}

// The credentials of a request for `url`.
Headers SentTo(const std::string& url) {
  auto fake = std::make_unique<kso::testing::FakeTransport>();
  kso::testing::FakeTransport& transport = *fake;
  transport.On("GET", url, kso::testing::FakeAnswer{});
  auto with_netrc =
      WithNetrc(std::move(fake),
                *Netrc::Parse("machine h.example.com login me password secret\n"
                              "machine 127.0.0.1 login me password secret\n"));
  Request request;
  request.url = url;
  EXPECT_TRUE(with_netrc->Perform(request).ok());
  return transport.requests().back().credentials;
}

TEST(NetrcTest, ALoginGoesToItsHostAndNowhereInTheClear) {
  const auto has_login = ElementsAre(Pair("Authorization", kLogin));
  EXPECT_THAT(SentTo("https://h.example.com/a"), has_login);
  EXPECT_THAT(SentTo("https://h.example.com:8443/a"), has_login);
  EXPECT_THAT(SentTo("http://127.0.0.1:8080/a"), has_login);
  EXPECT_THAT(SentTo("http://h.example.com/a"), IsEmpty());
  EXPECT_THAT(SentTo("https://other.example.com/h.example.com"), IsEmpty());
}

TEST(NetrcTest, ARequestMayDoWithoutALogin) {
  auto fake = std::make_unique<kso::testing::FakeTransport>();
  kso::testing::FakeTransport& transport = *fake;
  const std::string url = "https://h.example.com/a";
  transport.On("GET", url, kso::testing::FakeAnswer{});
  const auto with_netrc = WithNetrc(
      std::move(fake),
      *Netrc::Parse("machine h.example.com login me password secret"));
  Request request;
  request.url = url;
  request.transfer.without_login = true;
  EXPECT_TRUE(with_netrc->Perform(request).ok());
  EXPECT_THAT(transport.requests().back().credentials, IsEmpty());
}

// Validators are kept in the journal, and errors are shown.
TEST(NetrcTest, ALoginThatAHostEchoesIsNotHandedOn) {
  auto fake = std::make_unique<kso::testing::FakeTransport>();
  const std::string url = "https://h.example.com/file";
  fake->On(
      "GET", url,
      kso::testing::FakeAnswer{.headers = {{"ETag", "\"" + kLogin + "\""},
                                           {"Last-Modified", "me:secret"},
                                           {"X-Echo", "the password is secret"},
                                           {"Content-Length", "3"}},
                               .body = "abc"});
  fake->On("HEAD", url,
           kso::testing::FakeAnswer{
               .ending = absl::UnavailableError("cut: " + kLogin)});
  const auto with_netrc = WithNetrc(
      std::move(fake),
      *Netrc::Parse("machine h.example.com login me password secret"));
  Request request;
  request.url = url;
  const auto answer = with_netrc->Perform(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->Header("ETag"), "\"Basic ***\"");
  EXPECT_EQ(answer->Header("Last-Modified"), "***");
  EXPECT_EQ(answer->Header("X-Echo"), "the password is ***");
  EXPECT_EQ(answer->Header("Content-Length"), "3");

  StringSink sink;
  std::optional<std::string> etag;
  const auto downloaded =
      with_netrc->Download(request, sink, [&](const Response& response) {
        etag = response.Header("ETag");
        return absl::OkStatus();
      });
  ASSERT_TRUE(downloaded.ok()) << downloaded.status();
  EXPECT_EQ(etag, "\"Basic ***\"");

  request.method = "HEAD";
  const absl::Status cut = with_netrc->Perform(request).status();
  EXPECT_TRUE(absl::IsUnavailable(cut));
  EXPECT_THAT(cut.message(), Not(HasSubstr("bWU6c2VjcmV0")));
}

}  // namespace
}  // namespace kso::http
