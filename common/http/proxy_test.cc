// SPDX-License-Identifier: Apache-2.0
#include "common/http/proxy.h"

#include <gtest/gtest.h>

#include <map>

namespace kso::http {
namespace {

std::string Proxy(const std::string& url,
                  const std::map<std::string, std::string>& variables) {
  return ProxyFor(*Url::Parse(url), [&](const char* name) -> std::string {
    const auto found = variables.find(name);
    return found == variables.end() ? "" : found->second;
  });
}

TEST(ProxyTest, EachSchemeHasItsOwn) {
  const std::map<std::string, std::string> both = {
      {"http_proxy", "http://a:3128"}, {"https_proxy", "http://b:3128"}};
  EXPECT_EQ(Proxy("http://x.example.com/", both), "http://a:3128");
  EXPECT_EQ(Proxy("https://x.example.com/", both), "http://b:3128");
  EXPECT_EQ(Proxy("http://x.example.com/", {{"ALL_PROXY", "c:1"}}), "c:1");
  EXPECT_EQ(Proxy("http://x.example.com/", {}), "");
  // A web server sets this from a header of a request (CVE-2016-5385).
  EXPECT_EQ(Proxy("http://x.example.com/", {{"HTTP_PROXY", "d:1"}}), "");
}

TEST(ProxyTest, SomeHostsAreAskedDirectly) {
  const auto excepted = [](const std::string& host, const std::string& list) {
    return Proxy("http://" + host + "/",
                 {{"http_proxy", "p:1"}, {"no_proxy", list}})
        .empty();
  };
  EXPECT_TRUE(excepted("example.com", "example.com"));
  EXPECT_TRUE(excepted("a.example.com", "b.org, example.com"));
  EXPECT_TRUE(excepted("a.example.com:8080", ".Example.com"));
  EXPECT_TRUE(excepted("10.1.2.3:5000", "10.0.0.0/8"));
  EXPECT_TRUE(excepted("10.1.2.3", "10.1.2.3"));
  EXPECT_TRUE(excepted("[fd00::1]:80", "fd00::/8"));
  EXPECT_TRUE(excepted("any.example.org", "*"));
  EXPECT_TRUE(excepted("example.com.", "example.com"));
  EXPECT_TRUE(excepted("a.example.com", "example.com."));
  EXPECT_TRUE(excepted("any.example.org", "localhost, *"));
  EXPECT_TRUE(excepted("a.example.com", "*.example.com"));
  EXPECT_TRUE(excepted("a.example.com:5000", "example.com:5000"));
  EXPECT_TRUE(excepted("a.example.com", "example.com:80"));
  EXPECT_TRUE(excepted("10.1.2.3:5000", "10.1.2.3:5000"));
  EXPECT_TRUE(excepted("[fd00::1]:5000", "[fd00::1]:5000"));
  EXPECT_TRUE(excepted("[fd00::1]", "[fd00::1]"));
  EXPECT_TRUE(excepted("[fd00::1]", "fd00::1"));
  EXPECT_FALSE(excepted("a.example.com", "example.com:5000"));
  EXPECT_FALSE(excepted("a.example.com:5000", "example.com:500"));
  EXPECT_FALSE(excepted("[fd00::1]:80", "[fd00::1]:5000"));
  EXPECT_FALSE(excepted("notexample.com", "*example.com"));
  EXPECT_FALSE(excepted("notexample.com", "example.com"));
  EXPECT_FALSE(excepted("example.com.org", "example.com"));
  EXPECT_FALSE(excepted("11.1.2.3", "10.0.0.0/8"));
  EXPECT_FALSE(excepted("example.com", ""));
  EXPECT_FALSE(excepted("example.com", "."));
}

TEST(ProxyTest, LoopbackHasNone) {
  for (const char* url : {"http://127.0.0.1:5000/", "http://localhost/",
                          "http://registry.localhost/", "http://[::1]:80/"}) {
    EXPECT_EQ(Proxy(url, {{"http_proxy", "p:1"}}), "") << url;
  }
}

TEST(ProxyTest, ItsLoginIsHiddenWhereItIsEchoedOrQuoted) {
  for (const char* proxy : {"http://dave:C4n%2Bry%2F9@proxy.example.com:3128",
                            "dave:C4n%2Bry%2F9@proxy.example.com:3128"}) {
    Secrets secrets;
    AddProxyLogin(proxy, secrets);
    for (const char* echoed : {"C4n+ry/9", "C4n%2Bry%2F9", "C4n%2Bry/9",
                               "ZGF2ZTpDNG4rcnkvOQ==", "dave:C4n+ry/9"}) {
      EXPECT_EQ(secrets.RedactAllButNames(std::string("it was ") + echoed),
                "it was ***")
          << proxy;
    }
  }
  // libcurl quotes one that it cannot read.
  for (const char* proxy :
       {"http://dave:S3c ret@h:9", "http://dave:S3c/ret@h:99999",
        "ftp://dave:S3c%ret@h", "dave:S3c@ret@h:1"}) {
    Secrets quoted;
    AddProxyLogin(proxy, quoted);
    const std::string said = quoted.RedactAllButNames(
        std::string("Unsupported proxy syntax in '") + proxy + "'");
    EXPECT_EQ(said.find("S3c"), std::string::npos) << said;
    EXPECT_EQ(said.find("ret"), std::string::npos) << said;
  }
}

TEST(ProxyTest, OneWithoutALoginHidesNothing) {
  Secrets secrets;
  AddProxyLogin("http://proxy.example.com:3128", secrets);
  EXPECT_EQ(secrets.RedactAllButNames("proxy.example.com:3128 is down"),
            "proxy.example.com:3128 is down");
}

}  // namespace
}  // namespace kso::http
