// SPDX-License-Identifier: Apache-2.0
#include "common/release/image_patterns.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace kso::release {

bool MatchesGlob(std::string_view pattern, std::string_view text) {
  // The position of the last '*', and how much of the text it has taken so far.
  size_t star = std::string_view::npos;
  size_t taken = 0;
  size_t p = 0;
  size_t t = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool IsImagePattern(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("*-._/:@+").find(c) != std::string_view::npos;
  });
}

bool MatchesImage(std::string_view pattern, const oci::Reference& reference) {
  if (MatchesGlob(pattern, reference.Name()) ||
      MatchesGlob(pattern, reference.ToString())) {
    return true;
  }
  if (pattern.find('*') != std::string_view::npos) return false;
  const auto exact = oci::Reference::Parse(pattern);
  if (!exact.ok() || exact->Name() != reference.Name()) return false;
  // The tag that a reference without one gets was not written.
  const bool named = pattern.ends_with(exact->Identifier());
  return !named || exact->ToString() == reference.ToString();
}

}  // namespace kso::release
