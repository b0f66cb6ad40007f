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

}  // namespace
}  // namespace kso::http
