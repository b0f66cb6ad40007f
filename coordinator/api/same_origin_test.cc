// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/same_origin.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

absl::Status Check(const std::vector<HttpHeader>& headers,
                   bool takes_form = false) {
  HttpRequest request;
  request.method = "POST";
  request.headers = headers;
  request.headers.push_back({"Host", "farm.example.com:7071"});
  return CheckSameOrigin(request, takes_form);
}

TEST(SameOriginTest, ThePageAndScriptsAreLetThrough) {
  EXPECT_TRUE(Check({{"X-Kso-Action", "1"}}).ok());
  EXPECT_TRUE(Check({{"authorization", "Bearer t"}}).ok());
  EXPECT_TRUE(Check({{"x-kso-action", ""},
                     {"Sec-Fetch-Site", "same-origin"},
                     {"Origin", "http://farm.example.com:7071"},
                     {"Content-Type", "application/json; charset=utf-8"}})
                  .ok());
  // A person's own doing, such as a script's call of the browser.
  EXPECT_TRUE(Check({{"X-Kso-Action", "1"}, {"Sec-Fetch-Site", "none"}}).ok());
  // Behind a proxy that takes TLS off.
  EXPECT_TRUE(Check({{"X-Kso-Action", "1"},
                     {"Origin", "https://farm.example.com:7071"}})
                  .ok());
}

TEST(SameOriginTest, PagesOfOtherSitesAreNot) {
  for (const std::vector<HttpHeader>& headers :
       std::vector<std::vector<HttpHeader>>{
           {},
           {{"Sec-Fetch-Site", "same-origin"}},
           {{"X-Kso-Action", "1"}, {"Sec-Fetch-Site", "cross-site"}},
           {{"X-Kso-Action", "1"}, {"Sec-Fetch-Site", "same-site"}},
           {{"X-Kso-Action", "1"}, {"Origin", "http://evil.example"}},
           {{"X-Kso-Action", "1"}, {"Origin", "http://farm.example.com"}},
           {{"X-Kso-Action", "1"}, {"Origin", "null"}},
           {{"Authorization", "Bearer t"}, {"Origin", "http://evil.example"}},
       }) {
    EXPECT_TRUE(absl::IsPermissionDenied(Check(headers)));
  }
}

TEST(SameOriginTest, FormsOfOtherPagesAreNoJson) {
  for (const std::string type :
       {"text/plain", "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x", "application/jsonp"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(
        Check({{"X-Kso-Action", "1"}, {"Content-Type", type}})))
        << type;
  }
}

TEST(SameOriginTest, AFormNeedsTheHeaderThatOtherPagesCannotSend) {
  const HttpHeader form = {"Content-Type", "multipart/form-data; boundary=x"};
  EXPECT_TRUE(Check({{"X-Kso-Action", "1"}, form}, /*takes_form=*/true).ok());
  EXPECT_TRUE(Check({{"Authorization", "Bearer t"}, form},
                    /*takes_form=*/true)
                  .ok());
  EXPECT_TRUE(absl::IsPermissionDenied(Check({form}, /*takes_form=*/true)));
  EXPECT_TRUE(absl::IsPermissionDenied(
      Check({{"X-Kso-Action", "1"}, {"Origin", "http://evil.example"}, form},
            /*takes_form=*/true)));
  EXPECT_TRUE(absl::IsInvalidArgument(
      Check({{"X-Kso-Action", "1"}, {"Content-Type", "text/plain"}},
            /*takes_form=*/true)));
}

}  // namespace
}  // namespace kso::coordinator
