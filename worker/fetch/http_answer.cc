// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/http_answer.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/strings.h"
#include "common/http/answer_error.h"
#include "common/text/printable_text.h"
#include "worker/fetch/file_kind.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

// A longer one is not remembered: it would be sent with each task.
constexpr size_t kLongestValidator = 1024;

std::string_view AdviceFor(int status) {
  switch (status) {
    case 401:
    case 403:
      return "the host refuses it: check the URL; where it wants a login, put "
             "\"machine HOST login NAME password SECRET\" into the workers' "
             "netrc file (kso-worker --netrc FILE, or ~/.netrc); or name a "
             "mirror that may be read without a login";
    case 404:
    case 410:
      return "it is not there: correct the URL in the list, or the mirror";
    default:
      return {};
  }
}

// Reads an HTTP-date (RFC 9110, section 5.6.7: IMF-fixdate).
std::optional<absl::Time> TimeOf(const std::string& date) {
  absl::Time time;
  if (!absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", date, &time, nullptr)) {
    return std::nullopt;
  }
  return time;
}

// Files that are older were not made then: archives and reproducible builds set
// the times of all their files to the first moment that they can express.
absl::Time OldestBelieved() { return absl::FromUnixSeconds(315619200); }

// RFC 9110, section 8.8.2.2, and RFC 7232, section 2.2.2, which asked for this
// long.
constexpr absl::Duration kSettled = absl::Seconds(60);

bool IsBelieved(const std::string& last_modified,
                const http::Response& response) {
  const std::optional<absl::Time> modified = TimeOf(last_modified);
  if (!modified.has_value() || *modified < OldestBelieved()) return false;
  const std::optional<absl::Time> sent =
      TimeOf(response.Header("Date").value_or(""));
  return !sent.has_value() || *modified + kSettled <= *sent;
}

// Returns whether a time that is no time at which a file was made is this
// number of seconds, milliseconds, microseconds (Apache) or nanoseconds, by the
// first of them that is not far in the future.
bool IsClampedTime(int64_t number) {
  constexpr int64_t kFarFuture = int64_t{1} << 33;
  for (const int64_t unit : {1, 1'000, 1'000'000, 1'000'000'000}) {
    const int64_t seconds = number / unit;
    if (seconds < absl::ToUnixSeconds(OldestBelieved())) return true;
    if (seconds < kFarFuture) return false;
  }
  return false;
}

// Returns whether an ETag is made of a file's size and a clamped time.
bool IsOfClampedTime(absl::string_view etag, int64_t size) {
  if (!absl::ConsumePrefix(&etag, "\"") || !absl::ConsumeSuffix(&etag, "\"")) {
    return false;
  }
  std::vector<int64_t> numbers;
  for (const absl::string_view field : absl::StrSplit(etag, '-')) {
    int64_t number = 0;
    if (!absl::SimpleHexAtoi(field, &number)) return false;
    numbers.push_back(number);
  }
  // Apache's may begin with the inode.
  if (numbers.size() == 3) numbers.erase(numbers.begin());
  if (numbers.size() != 2 || size < 0) return false;
  return (numbers[0] == size && IsClampedTime(numbers[1])) ||
         (numbers[1] == size && IsClampedTime(numbers[0]));
}

}  // namespace

Validators ValidatorsIn(const http::Response& response, int64_t size) {
  Validators validators = {ValidatorIn(response, "ETag"),
                           ValidatorIn(response, "Last-Modified")};
  if (IsOfClampedTime(validators.etag, size)) validators.etag.clear();
  if (!IsBelieved(validators.last_modified, response)) {
    validators.last_modified.clear();
  }
  return validators;
}

absl::Status StatusOfAnswer(const http::Response& response,
                            std::string_view url, absl::Time now) {
  if (response.status == 200 || response.status == 206) return absl::OkStatus();
  const bool other_success = response.status > 200 && response.status < 300;
  return About(
      http::ErrorOfAnswer(
          response,
          Concat(url, " answered HTTP ", response.status,
                 other_success ? ", which does not bring the file" : ""),
          now),
      "", "", AdviceFor(response.status));
}

absl::Status CheckNotEncoded(const http::Response& response,
                             std::string_view list_url, std::string_view url) {
  const std::string encoding =
      absl::AsciiStrToLower(response.Header("Content-Encoding").value_or(""));
  if (encoding.empty() || encoding == "identity") return absl::OkStatus();
  if (IsCompressedName(list_url)) return absl::OkStatus();
  return About(
      absl::DataLossError(Concat(url,
                                 " is answered in an encoding that was not "
                                 "asked for, ",
                                 PrintableText(encoding, 40))),
      "", "",
      "state the file's checksum in the list if those are its bytes, or name a "
      "mirror");
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
  const Validators validators = ValidatorsIn(response, ContentLength(response));
  return IsStrongEtag(validators.etag) ? validators.etag
                                       : validators.last_modified;
}

int64_t ContentLength(const http::Response& response) {
  int64_t length = -1;
  const std::string text = response.Header("Content-Length").value_or("");
  return absl::SimpleAtoi(text, &length) && length >= 0 ? length : -1;
}

}  // namespace kso::worker
