// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/odd_transport.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"

namespace kso::fuzz {
namespace {

constexpr int kStatuses[] = {200, 201, 202, 204, 206, 301, 400, 401, 403, 404,
                             405, 411, 413, 416, 429, 500, 501, 503, 507, 999};

constexpr const char* kHeaders[] = {"Content-Length",
                                    "Content-Type",
                                    "Docker-Content-Digest",
                                    "Location",
                                    "Range",
                                    "Content-Range",
                                    "WWW-Authenticate",
                                    "ETag",
                                    "Last-Modified",
                                    "Retry-After",
                                    "OCI-Chunk-Min-Length",
                                    "ratelimit-remaining",
                                    "Date"};

constexpr const char* kValues[] = {
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
    "application/octet-stream",
    "/v2/a/blobs/uploads/1?state=2",
    "https://other.example.com/u",
    "http://registry.example.com/u",
    "bytes 0-0/5",
    "0-9223372036854775807",
    "Bearer realm=\"https://registry.example.com/token\",service=\"r\"",
    "Basic realm=\"r\"",
    "\"v1\"",
    "W/\"v1\"",
    "Mon, 30 Nov 2026 09:00:00 GMT",
    "100;w=21600"};

constexpr absl::StatusCode kTroubles[] = {
    absl::StatusCode::kUnavailable, absl::StatusCode::kDeadlineExceeded,
    absl::StatusCode::kInvalidArgument, absl::StatusCode::kPermissionDenied,
    absl::StatusCode::kResourceExhausted};

std::string ValueOf(Input& input, const std::string& body) {
  switch (input.Below(5)) {
    case 0:
      return input.Pick(kValues);
    case 1:
      return Concat(input.Number());
    case 2:
      return Concat(body.size());
    case 3:
      return Sha256Of(body).ToString();
    default:
      return std::string(input.Line());
  }
}

// Reads a request's body, as a transport does that sends it.
absl::Status Drain(const http::Request& request) {
  if (!request.body_source) return absl::OkStatus();
  KSO_ASSIGN_OR_RETURN(const auto source, request.body_source(0));
  char buffer[4096];
  while (true) {
    KSO_ASSIGN_OR_RETURN(const size_t count,
                         source->Read(buffer, sizeof buffer));
    if (count == 0) return absl::OkStatus();
  }
}

}  // namespace

absl::StatusOr<http::Response> OddTransport::Answer(
    const http::Request& request) {
  ++requests_;
  if (input_.OneIn(16)) {
    return absl::Status(input_.Pick(kTroubles), "there is trouble");
  }
  if (!input_.OneIn(4)) KSO_RETURN_IF_ERROR(Drain(request));
  http::Response response;
  response.effective_url = request.url;
  response.status = input_.empty() ? 404 : input_.Pick(kStatuses);
  response.body = std::string(input_.OneIn(2) ? input_.Line() : "");
  const size_t count = input_.Below(5);
  for (size_t i = 0; i < count; ++i) {
    const char* const name = input_.Pick(kHeaders);
    response.headers.emplace_back(name, ValueOf(input_, response.body));
  }
  return response;
}

absl::StatusOr<http::Response> OddTransport::Perform(
    const http::Request& request, size_t /*max_body*/) {
  KSO_ASSIGN_OR_RETURN(http::Response response, Answer(request));
  if (request.method == "HEAD") response.body.clear();
  return response;
}

absl::StatusOr<http::Response> OddTransport::Download(
    const http::Request& request, ByteSink& sink, OnResponse on_response) {
  KSO_ASSIGN_OR_RETURN(http::Response response, Answer(request));
  if (response.status / 100 != 2) return response;
  const std::string body = std::exchange(response.body, "");
  if (on_response) KSO_RETURN_IF_ERROR(on_response(response));
  KSO_RETURN_IF_ERROR(sink.Write(body));
  return response;
}

}  // namespace kso::fuzz
