// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/faulty_upstream.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace kso::testing {
namespace {

std::string HeaderOf(const http::Request& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace

void FaultyUpstream::SetFile(const std::string& url, std::string content,
                             std::string etag) {
  files_[url] = {std::move(content), std::move(etag)};
}

absl::StatusOr<http::Response> FaultyUpstream::Answer(
    const http::Request& request, std::string& body) {
  ++requests_;
  http::Response response;
  response.effective_url = request.url;
  if (Bad()) {
    switch (dice_.Between(0, 3)) {
      case 0:
        return absl::UnavailableError("connection refused");
      case 1:
        return absl::DeadlineExceededError("nothing moved for a minute");
      case 2:
        response.status = 429;
        if (dice_.Chance(0.5)) {
          response.headers.emplace_back("Retry-After", "7");
        }
        return response;
      default:
        response.status = dice_.Chance(0.5) ? 500 : 503;
        return response;
    }
  }
  const auto found = files_.find(request.url);
  if (found == files_.end()) {
    response.status = 404;
    return response;
  }
  const std::string& content = found->second.content;
  const std::string& etag = found->second.etag;
  const auto size = static_cast<int64_t>(content.size());
  const std::string range = HeaderOf(request, "Range");
  const std::string if_range = HeaderOf(request, "If-Range");
  int64_t first = 0;
  response.status = 200;
  if (!range.empty() && (if_range.empty() || if_range == etag) && !Bad()) {
    first = std::atoll(range.c_str() + 6);
    if (Bad()) first = std::max<int64_t>(0, first - dice_.Between(1, 1000));
    if (first >= size) {
      response.status = 416;
      return response;
    }
    response.status = 206;
    response.headers.emplace_back(
        "Content-Range",
        absl::StrCat("bytes ", first, "-", size - 1, "/", size));
  }
  response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Content-Length", absl::StrCat(size - first));
  body = content.substr(static_cast<size_t>(first));
  return response;
}

absl::StatusOr<http::Response> FaultyUpstream::Perform(
    const http::Request& request, size_t) {
  std::string body;
  KSO_ASSIGN_OR_RETURN(http::Response response, Answer(request, body));
  if (request.method != "HEAD") response.body = std::move(body);
  return response;
}

absl::StatusOr<http::Response> FaultyUpstream::Download(
    const http::Request& request, ByteSink& sink, OnResponse on_response) {
  std::string body;
  KSO_ASSIGN_OR_RETURN(const http::Response response, Answer(request, body));
  if (response.status >= 300) return response;
  if (on_response) KSO_RETURN_IF_ERROR(on_response(response));
  const bool cut = !body.empty() && Bad();
  if (cut) body.resize(dice_.Between(0, static_cast<int>(body.size()) - 1));
  if (wrong_bytes_ && !body.empty() && dice_.Chance(trouble_ / 4)) {
    body[dice_.Between(0, static_cast<int>(body.size()) - 1)] ^= 0x20;
  }
  // The body comes in pieces, as from a socket.
  for (size_t at = 0; at < body.size();) {
    if (request.transfer.stop.stop_requested()) {
      return absl::CancelledError("cancelled");
    }
    const size_t piece = std::min<size_t>(body.size() - at, 16384);
    KSO_RETURN_IF_ERROR(sink.Write(std::string_view(body).substr(at, piece)));
    at += piece;
  }
  if (cut) return absl::UnavailableError("the connection broke");
  return response;
}

}  // namespace kso::testing
