// SPDX-License-Identifier: Apache-2.0
// Any request that a client of the coordinator's page and API may send.

#include <string>

#include "absl/status/status.h"
#include "common/base/strings.h"
#include "common/text/printable_text.h"
#include "coordinator/api/host_names.h"
#include "coordinator/api/query_parameters.h"
#include "coordinator/api/routes.h"
#include "coordinator/api/same_origin.h"
#include "coordinator/http/message.h"
#include "coordinator/http/request_target.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace {

using namespace kso;               // NOLINT(google-build-using-namespace)
using namespace kso::coordinator;  // NOLINT(google-build-using-namespace)

void ReadQuery(const HttpRequest& request) {
  QueryParameters query(request);
  const int limit = query.Limit();
  fuzz::Require(limit >= 1 && limit <= 1000, "a page has a size");
  const int64_t number = query.Number("after", 0, 100, 7);
  fuzz::Require(number >= 0 && number <= 100, "a number is within its bounds");
  query.Text("pageToken");
  query.List("state");
  const absl::Status ended = query.End();
  fuzz::RequireSaid(ended, "a refusal has a reason");
  fuzz::Require(IsUtf8(ToStd(ended.message())), "a refusal is text");
}

void CheckHost(std::string_view host) {
  const HostNames names({"farm.example.com", "*.inside.example.com"});
  const std::string name = HostNames::NameIn(host);
  if (!names.Knows(host, "192.0.2.7")) return;
  fuzz::Require(name == "localhost" || name == "127.0.0.1" || name == "::1" ||
                    name == "192.0.2.7" || name == "farm.example.com" ||
                    name.ends_with(".inside.example.com"),
                "the coordinator answers under its own names only");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  HttpRequest request;
  request.method = input.OneIn(2) ? "POST" : "GET";
  const std::string target(input.Line());
  const std::string host(input.Line());
  const size_t count = input.Below(4);
  for (size_t i = 0; i < count; ++i) {
    constexpr const char* kNames[] = {"Origin",       "Sec-Fetch-Site",
                                      "X-Kso-Action", "Authorization",
                                      "Content-Type", "Host"};
    request.headers.push_back({input.Pick(kNames), std::string(input.Line())});
  }
  request.body = std::string(input.Rest());
  CheckHost(host);
  if (!ReadTarget(target, request)) return 0;
  fuzz::Require(target.front() == '/', "a target is a path");
  for (const std::string& segment : request.segments) {
    fuzz::Require(segment.find('\0') == std::string::npos, "no byte is NUL");
  }
  const RouteMatch match = MatchRoute(request.method, request.segments);
  fuzz::Require(match.route == nullptr || !match.allow.empty(),
                "a path with a method has methods");
  fuzz::Require(match.route == nullptr || match.route->method == request.method,
                "a route is of the method");
  ReadQuery(request);
  const absl::Status origin = CheckSameOrigin(request);
  fuzz::RequireSaid(origin, "a refusal has a reason");
  const bool from_elsewhere = request.Header("Sec-Fetch-Site") == "cross-site";
  fuzz::Require(!origin.ok() || !from_elsewhere,
                "no page of another origin acts");
  return 0;
}
