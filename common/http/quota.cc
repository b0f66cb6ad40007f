// SPDX-License-Identifier: Apache-2.0
#include "common/http/quota.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace kso::http {
namespace {

struct Said {
  int64_t number = 0;
  int64_t window_seconds = 0;
};

std::optional<Said> Parse(const std::optional<std::string>& header) {
  if (!header) return std::nullopt;
  const std::vector<absl::string_view> parts = absl::StrSplit(*header, ';');
  Said said;
  if (!absl::SimpleAtoi(absl::StripAsciiWhitespace(parts[0]), &said.number) ||
      said.number < 0) {
    return std::nullopt;
  }
  for (size_t i = 1; i < parts.size(); ++i) {
    absl::string_view parameter = absl::StripAsciiWhitespace(parts[i]);
    if (absl::ConsumePrefix(&parameter, "w=") &&
        !absl::SimpleAtoi(parameter, &said.window_seconds)) {
      said.window_seconds = 0;
    }
  }
  return said;
}

}  // namespace

std::optional<Quota> ParseQuota(const Response& response) {
  const auto limit = Parse(response.Header("ratelimit-limit"));
  const auto remaining = Parse(response.Header("ratelimit-remaining"));
  if (!limit || !remaining) return std::nullopt;
  const int64_t window =
      std::max({limit->window_seconds, remaining->window_seconds, int64_t{0}});
  return Quota{.limit = limit->number,
               .remaining = remaining->number,
               .window = absl::Seconds(window)};
}

}  // namespace kso::http
