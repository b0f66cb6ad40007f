// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/query_parameters.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"
#include "common/text/printable_text.h"

namespace kso::coordinator {
namespace {

constexpr size_t kLongestShown = 80;
constexpr size_t kLongestText = 256;
// It fits an int64.
constexpr size_t kLongestToken = 18;

}  // namespace

void QueryParameters::Refuse(std::string_view name, std::string_view value,
                             std::string_view why) {
  if (!status_.ok()) return;
  status_ = absl::InvalidArgumentError(
      Concat("the parameter ", name, " is \"",
             PrintableText(value, kLongestShown), "\", ", why));
}

std::string QueryParameters::Text(std::string_view name) {
  known_.push_back(name);
  std::string text;
  int count = 0;
  for (const auto& [key, value] : request_.query) {
    if (key != name) continue;
    if (++count > 1) Refuse(name, value, "and it is there twice");
    text = value;
  }
  if (text.size() > kLongestText || !IsUtf8(text)) {
    Refuse(name, text, "which is too long or not UTF-8");
  }
  return text;
}

std::vector<std::string> QueryParameters::List(std::string_view name) {
  known_.push_back(name);
  std::vector<std::string> list;
  for (const auto& [key, value] : request_.query) {
    if (key != name) continue;
    for (const absl::string_view item :
         absl::StrSplit(value, ',', absl::SkipEmpty())) {
      list.emplace_back(item);
    }
  }
  return list;
}

int64_t QueryParameters::Number(std::string_view name, int64_t least,
                                int64_t most, int64_t otherwise) {
  const std::string text = Text(name);
  if (text.empty()) return otherwise;
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number < least || number > most) {
    Refuse(name, text, Concat("and is a number from ", least, " to ", most));
    return otherwise;
  }
  return number;
}

int QueryParameters::Limit() {
  return static_cast<int>(Number("limit", 1, 1000, 100));
}

std::string QueryParameters::PageToken() {
  std::string token = Text("pageToken");
  // Signs, blanks and zeros in front make no other spelling of a token.
  const bool is_number =
      token.size() <= kLongestToken && !token.starts_with('0') &&
      std::all_of(token.begin(), token.end(), absl::ascii_isdigit);
  if (is_number) return token;
  Refuse("pageToken", token, "and there is no such page");
  return "";
}

absl::Status QueryParameters::End() {
  for (const auto& [key, value] : request_.query) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
      if (!status_.ok()) break;
      status_ = absl::InvalidArgumentError(
          Concat("there is no parameter \"", PrintableText(key, kLongestShown),
                 "\" here; /api/v1/openapi.json names those that there are"));
    }
  }
  return status_;
}

}  // namespace kso::coordinator
