// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/http_answer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "common/base/strings.h"
#include "common/http/answer_error.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

// A longer one is not remembered: it would be sent with each task.
constexpr size_t kLongestValidator = 1024;

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

}  // namespace

absl::Status StatusOfAnswer(const http::Response& response,
                            std::string_view url, absl::Time now) {
  if (response.status >= 200 && response.status < 300) return absl::OkStatus();
  return About(
      http::ErrorOfAnswer(response,
                          Concat(url, " answered HTTP ", response.status), now),
      "", "", AdviceFor(response.status));
}

std::string ValidatorIn(const http::Response& response,
                        std::string_view header) {
  std::string value = response.Header(header).value_or("");
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return absl::ascii_isprint(static_cast<unsigned char>(c));
  });
  return plain && value.size() <= kLongestValidator ? value : "";
}

bool IsStrongEtag(std::string_view etag) {
  return etag.size() > 2 && etag.front() == '"';
}

std::string RangeValidator(const http::Response& response) {
  const std::string etag = ValidatorIn(response, "ETag");
  return IsStrongEtag(etag) ? etag : ValidatorIn(response, "Last-Modified");
}

int64_t ContentLength(const http::Response& response) {
  int64_t length = -1;
  const std::string text = response.Header("Content-Length").value_or("");
  return absl::SimpleAtoi(text, &length) && length >= 0 ? length : -1;
}

}  // namespace kso::worker
