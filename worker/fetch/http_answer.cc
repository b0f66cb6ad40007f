#include "worker/fetch/http_answer.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/strings.h"
#include "common/http/answer_error.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

std::string_view AdviceFor(int status) {
  switch (status) {
    case 401:
    case 403:
      return "the host refuses it: check the URL, or name a mirror that may be "
             "read without a login";
    case 404:
    case 410:
      return "it is not there: correct the URL in the list, or the mirror";
    default:
      return {};
  }
}

int64_t ParseCount(absl::string_view text) {
  int64_t value = -1;
  return absl::SimpleAtoi(text, &value) && value >= 0 ? value : -1;
}

}  // namespace

absl::Status StatusOfAnswer(const http::Response& response,
                            std::string_view url, absl::Time now) {
  if (response.status >= 200 && response.status < 300) return absl::OkStatus();
  return About(
      http::ErrorOfAnswer(response,
                          Concat(url, " answered HTTP ", response.status), now),
      "", "", AdviceFor(response.status));
}

std::string RangeValidator(const http::Response& response) {
  const auto etag = response.Header("ETag");
  if (etag.has_value() && etag->size() > 2 && etag->front() == '"') {
    return *etag;
  }
  return response.Header("Last-Modified").value_or("");
}

int64_t ContentLength(const http::Response& response) {
  return ParseCount(response.Header("Content-Length").value_or(""));
}

ContentRange ParseContentRange(const http::Response& response) {
  ContentRange range;
  const std::string header = response.Header("Content-Range").value_or("");
  absl::string_view text = header;
  if (!absl::ConsumePrefix(&text, "bytes ")) return range;
  const std::vector<absl::string_view> parts =
      absl::StrSplit(text, absl::ByAnyChar("-/"));
  if (parts.size() != 3) return range;
  range.first = ParseCount(parts[0]);
  range.total = ParseCount(parts[2]);
  return range;
}

}  // namespace kso::worker
