// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/fake_transport.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/http/byte_range.h"

namespace kso::testing {
namespace {

http::Response ResponseOf(const FakeAnswer& answer, const std::string& url) {
  http::Response response;
  response.status = answer.status;
  response.headers = answer.headers;
  response.effective_url = url;
  return response;
}

// Reads as much as a request sends of a source, which may have more.
absl::StatusOr<std::string> ReadBody(ByteSource& source, int64_t size) {
  if (size == http::Request::kUnknownSize) return ReadAll(source, 1 << 30);
  std::string body(static_cast<size_t>(size), '\0');
  size_t done = 0;
  while (done < body.size()) {
    KSO_ASSIGN_OR_RETURN(const size_t count,
                         source.Read(body.data() + done, body.size() - done));
    if (count == 0) break;
    done += count;
  }
  body.resize(done);
  return body;
}

}  // namespace

void FakeTransport::On(const std::string& method, const std::string& url,
                       FakeAnswer answer) {
  On(method, url,
     [answer = std::move(answer)](const http::Request&) { return answer; });
}

void FakeTransport::On(const std::string& method, const std::string& url,
                       Handler handler) {
  absl::MutexLock lock(&mutex_);
  script_[{method, url}].push_back(std::move(handler));
}

std::vector<http::Request> FakeTransport::requests() const {
  absl::MutexLock lock(&mutex_);
  return requests_;
}

int FakeTransport::CountOf(const std::string& method,
                           const std::string& url) const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(std::count_if(
      requests_.begin(), requests_.end(), [&](const http::Request& request) {
        return request.method == method && request.url == url;
      }));
}

absl::StatusOr<http::Response> FakeTransport::Perform(
    const http::Request& request, size_t max_body) {
  KSO_ASSIGN_OR_RETURN(const FakeAnswer answer, Answer(request));
  KSO_RETURN_IF_ERROR(answer.ending);
  http::Response response = ResponseOf(answer, request.url);
  if (request.method != "HEAD") response.body = answer.body;
  if (response.body.size() > max_body) {
    return Exhausted(Resource::kSizeBound, "body too long");
  }
  return response;
}

absl::StatusOr<http::Response> FakeTransport::Download(
    const http::Request& request, ByteSink& sink, OnResponse on_response) {
  KSO_ASSIGN_OR_RETURN(const FakeAnswer answer, Answer(request));
  http::Response response = ResponseOf(answer, request.url);
  if (response.status / 100 != 2) {
    KSO_RETURN_IF_ERROR(answer.ending);
    response.body = answer.body;
    return response;
  }
  if (on_response) KSO_RETURN_IF_ERROR(on_response(response));
  KSO_RETURN_IF_ERROR(sink.Write(answer.body));
  KSO_RETURN_IF_ERROR(answer.ending);
  return response;
}

absl::StatusOr<FakeAnswer> FakeTransport::Answer(http::Request request) {
  if (request.body_source) {
    KSO_ASSIGN_OR_RETURN(const auto source, request.body_source(0));
    KSO_ASSIGN_OR_RETURN(request.body, ReadBody(*source, request.body_size));
    request.body_source = nullptr;
  }
  Handler handler;
  {
    absl::MutexLock lock(&mutex_);
    requests_.push_back(request);
    const auto found = script_.find({request.method, request.url});
    if (found == script_.end()) {
      return absl::InternalError(absl::StrCat(
          "no answer is scripted for ", request.method, " ", request.url));
    }
    handler = found->second.front();
    if (found->second.size() > 1) found->second.pop_front();
  }
  return handler(request);
}

std::string HeaderOf(const http::Request& request, const std::string& name) {
  if (request.transfer.range && absl::EqualsIgnoreCase(name, "Range")) {
    return http::RangeHeader(*request.transfer.range);
  }
  for (const http::Headers* headers :
       {&request.headers, &request.credentials}) {
    for (const auto& [key, value] : *headers) {
      if (absl::EqualsIgnoreCase(key, name)) return value;
    }
  }
  return "";
}

}  // namespace kso::testing
