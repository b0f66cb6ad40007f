// SPDX-License-Identifier: Apache-2.0
#include "common/http/byte_range.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/strings.h"
#include "common/http/url.h"

namespace kso::http {
namespace {

constexpr int kPartialContent = 206;

int64_t ParseCount(absl::string_view text) {
  int64_t value = -1;
  return absl::SimpleAtoi(text, &value) && value >= 0 ? value : -1;
}

}  // namespace

std::string RangeHeader(const ByteRange& range) {
  return Concat("bytes=", range.first, "-", range.end() - 1);
}

ContentRange ParseContentRange(const Response& response) {
  ContentRange range;
  const std::string header = response.Header("Content-Range").value_or("");
  absl::string_view text = header;
  if (!absl::ConsumePrefix(&text, "bytes ")) return range;
  const std::vector<absl::string_view> parts =
      absl::StrSplit(text, absl::ByAnyChar("-/"));
  if (parts.size() != 3) return range;
  range.first = ParseCount(parts[0]);
  range.last = ParseCount(parts[1]);
  range.total = ParseCount(parts[2]);
  return range;
}

absl::Status CheckRangeAnswer(const Response& response, const ByteRange& asked,
                              int64_t total) {
  const ContentRange got = ParseContentRange(response);
  if (response.status == kPartialContent && got.first == asked.first &&
      got.last < asked.end() && (got.total < 0 || got.total == total)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      Concat(DisplayUrl(response.effective_url), " answers HTTP ",
             response.status, " and not with the bytes ", asked.first, "-",
             asked.end() - 1, "/", total, " that it was asked for"));
}

}  // namespace kso::http
