// SPDX-License-Identifier: Apache-2.0
#include "common/oci/grammar.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"

namespace kso::oci {
namespace {

constexpr size_t kLongestTag = 128;
constexpr size_t kLongestPath = 255;
constexpr size_t kLongestHost = 255;

bool IsLowerAlnum(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c);
}

// One '.', one or two '_', or any number of '-' between runs of [a-z0-9].
bool IsSeparator(std::string_view text) {
  return text == "." || text == "_" || text == "__" ||
         text.find_first_not_of('-') == std::string_view::npos;
}

bool IsValidPathComponent(std::string_view text) {
  if (text.empty() || !IsLowerAlnum(text.front()) ||
      !IsLowerAlnum(text.back())) {
    return false;
  }
  while (!text.empty()) {
    const auto separator =
        std::find_if_not(text.begin(), text.end(), IsLowerAlnum);
    const auto next = std::find_if(separator, text.end(), IsLowerAlnum);
    if (separator == text.end()) return true;
    if (!IsSeparator(std::string_view(separator, next))) return false;
    text.remove_prefix(next - text.begin());
  }
  return true;
}

bool IsValidPort(std::string_view text) {
  int port = 0;
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), absl::ascii_isdigit) &&
         absl::SimpleAtoi(ToAbsl(text), &port) && port > 0 && port <= 65535;
}

bool IsValidHostComponent(std::string_view text) {
  return !text.empty() && absl::ascii_isalnum(text.front()) &&
         absl::ascii_isalnum(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '-'; });
}

bool IsValidIpv6Literal(std::string_view text) {
  return text.size() > 2 && text.front() == '[' && text.back() == ']' &&
         std::all_of(text.begin() + 1, text.end() - 1, [](char c) {
           return absl::ascii_isxdigit(c) || c == ':';
         });
}

}  // namespace

bool IsValidTag(std::string_view text) {
  const auto is_word = [](char c) {
    return absl::ascii_isalnum(c) || c == '_';
  };
  return !text.empty() && text.size() <= kLongestTag && is_word(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_word(c) || c == '.' || c == '-';
         });
}

bool IsValidRepositoryPath(std::string_view text) {
  if (text.empty() || text.size() > kLongestPath) return false;
  for (const absl::string_view component : absl::StrSplit(ToAbsl(text), '/')) {
    if (!IsValidPathComponent(ToStd(component))) return false;
  }
  return true;
}

bool IsValidHost(std::string_view text) {
  if (text.empty() || text.size() > kLongestHost) return false;
  std::string_view name = text;
  const size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && text.back() != ']') {
    if (!IsValidPort(text.substr(colon + 1))) return false;
    name = text.substr(0, colon);
  }
  if (IsValidIpv6Literal(name)) return true;
  for (const absl::string_view component : absl::StrSplit(ToAbsl(name), '.')) {
    if (!IsValidHostComponent(ToStd(component))) return false;
  }
  return true;
}

bool LooksLikeHost(std::string_view component) {
  return component == "localhost" ||
         component.find_first_of(".:") != std::string_view::npos ||
         std::any_of(component.begin(), component.end(), absl::ascii_isupper);
}

}  // namespace kso::oci
