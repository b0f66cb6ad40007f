// SPDX-License-Identifier: Apache-2.0
#include "common/http/content_length.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"
#include "common/http/url.h"
#include "common/text/printable_text.h"

namespace kso::http {
namespace {

// How much of a header that makes no sense is shown.
constexpr size_t kMostShownBytes = 60;

bool IsNumber(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

}  // namespace

absl::Status CheckContentLength(const Response& response) {
  std::string stated;
  for (const auto& [name, value] : response.headers) {
    if (!absl::EqualsIgnoreCase(name, "Content-Length")) continue;
    stated += Concat(stated.empty() ? "" : ",", value);
  }
  if (stated.empty()) return absl::OkStatus();
  const std::vector<absl::string_view> lengths = absl::StrSplit(stated, ',');
  const absl::string_view first = absl::StripAsciiWhitespace(lengths.front());
  const bool sane = std::all_of(
      lengths.begin(), lengths.end(), [first](absl::string_view length) {
        return absl::StripAsciiWhitespace(length) == first && IsNumber(first);
      });
  if (sane) return absl::OkStatus();
  return absl::DataLossError(
      Concat(DisplayUrl(response.effective_url),
             " answers with a Content-Length that is not one number: ",
             PrintableText(stated, kMostShownBytes)));
}

}  // namespace kso::http
