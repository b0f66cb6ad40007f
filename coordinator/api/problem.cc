// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/problem.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/base/strings.h"
#include "coordinator/api/json_text.h"

namespace kso::coordinator {
namespace {

struct Kind {
  std::string_view name;
  std::string_view title;
};

Kind KindOf(int status) {
  switch (status) {
    case 400:
      return {"bad-request", "The request is not well formed"};
    case 401:
      return {"unauthenticated", "A login is needed"};
    case 403:
      return {"forbidden", "This is not allowed"};
    case 404:
      return {"not-found", "There is no such thing"};
    case 405:
      return {"method-not-allowed", "The path has no such method"};
    case 409:
      return {"conflict", "The state does not allow it"};
    case 413:
      return {"too-large", "The body is too long"};
    case 414:
    case 431:
      return {"too-large", "The request is too long"};
    case 421:
      return {"misdirected", "This is not the host that was asked for"};
    case 429:
      return {"too-many", "That is too much at once"};
    case 503:
      return {"unavailable", "The coordinator does not answer now"};
    case 504:
      return {"timeout", "The answer took too long"};
    default:
      return {"internal", "Something went wrong in the coordinator"};
  }
}

}  // namespace

int HttpStatusOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

HttpResponse ProblemResponse(int status, std::string_view detail) {
  const Kind kind = KindOf(status);
  nlohmann::ordered_json problem = {
      {"type", Concat("/problems/", kind.name)},
      {"title", kind.title},
      {"status", status},
      {"detail", detail},
  };
  const std::vector<std::string> lines =
      absl::StrSplit(ToAbsl(detail), '\n', absl::SkipEmpty());
  if (lines.size() > 1) problem["problems"] = lines;
  HttpResponse response =
      MakeResponse(status, "application/problem+json", JsonText(problem));
  if (status == 401) {
    response.headers.push_back({"WWW-Authenticate", "Bearer realm=\"kso\""});
  }
  if (status == 503) response.headers.push_back({"Retry-After", "2"});
  return response;
}

HttpResponse ProblemResponse(const absl::Status& status) {
  return ProblemResponse(HttpStatusOf(status), ToStd(status.message()));
}

}  // namespace kso::coordinator
