// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/problem.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using nlohmann::json;

std::string HeaderOf(const HttpResponse& response, const std::string& name) {
  for (const HttpHeader& header : response.headers) {
    if (header.name == name) return header.value;
  }
  return "";
}

TEST(ProblemTest, EachStatusHasItsKind) {
  struct Case {
    int status;
    std::string type;
    std::string title;
  };
  for (const Case& expected : std::vector<Case>{
           {400, "/problems/bad-request", "The request is not well formed"},
           {401, "/problems/unauthenticated", "A login is needed"},
           {403, "/problems/forbidden", "This is not allowed"},
           {404, "/problems/not-found", "There is no such thing"},
           {405, "/problems/method-not-allowed", "The path has no such method"},
           {409, "/problems/conflict", "The state does not allow it"},
           {413, "/problems/too-large", "The body is too long"},
           {414, "/problems/too-large", "The request is too long"},
           {431, "/problems/too-large", "The request is too long"},
           {421, "/problems/misdirected",
            "This is not the host that was asked for"},
           {429, "/problems/too-many", "That is too much at once"},
           {503, "/problems/unavailable",
            "The coordinator does not answer now"},
           {504, "/problems/timeout", "The answer took too long"},
           {500, "/problems/internal",
            "Something went wrong in the coordinator"}}) {
    const HttpResponse response = ProblemResponse(expected.status, "words");
    EXPECT_EQ(response.status, expected.status);
    EXPECT_EQ(HeaderOf(response, "Content-Type"), "application/problem+json");
    EXPECT_EQ(json::parse(*response.body), (json{{"type", expected.type},
                                                 {"title", expected.title},
                                                 {"status", expected.status},
                                                 {"detail", "words"}}));
    EXPECT_EQ(HeaderOf(response, "WWW-Authenticate"),
              expected.status == 401 ? "Bearer realm=\"kso\"" : "");
    EXPECT_EQ(HeaderOf(response, "Retry-After"),
              expected.status == 503 ? "2" : "");
  }
}

TEST(ProblemTest, SeveralLinesAreSeveralProblems) {
  EXPECT_EQ(json::parse(*ProblemResponse(400, "a\n\nb\n").body)["problems"],
            (json{"a", "b"}));
  for (const std::string detail : {"", "a", "a\n"}) {
    EXPECT_FALSE(
        json::parse(*ProblemResponse(400, detail).body).contains("problems"))
        << detail;
  }
}

TEST(ProblemTest, EachErrorHasItsStatus) {
  using Code = absl::StatusCode;
  struct Case {
    Code code;
    int status;
  };
  for (const auto& [code, status] :
       std::vector<Case>{{Code::kOk, 200},
                         {Code::kInvalidArgument, 400},
                         {Code::kOutOfRange, 400},
                         {Code::kUnauthenticated, 401},
                         {Code::kPermissionDenied, 403},
                         {Code::kNotFound, 404},
                         {Code::kFailedPrecondition, 409},
                         {Code::kAlreadyExists, 409},
                         {Code::kAborted, 409},
                         {Code::kResourceExhausted, 429},
                         {Code::kUnavailable, 503},
                         {Code::kDeadlineExceeded, 504},
                         {Code::kInternal, 500},
                         {Code::kUnknown, 500}}) {
    EXPECT_EQ(HttpStatusOf(absl::Status(code, "words")), status)
        << absl::StatusCodeToString(code);
  }
  const HttpResponse response =
      ProblemResponse(absl::NotFoundError("there is none"));
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(json::parse(*response.body)["detail"], "there is none");
}

}  // namespace
}  // namespace kso::coordinator
