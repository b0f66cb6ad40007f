// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/missing_platform.h"

#include <string>

namespace kso::coordinator {

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

bool MayLackPlatform(const v1::MissingPlatformPolicy& policy,
                     const oci::Reference& reference) {
  if (policy.allow_by_default()) return true;
  for (const std::string& pattern : policy.allow()) {
    if (MatchesGlob(pattern, reference.Name()) ||
        MatchesGlob(pattern, reference.ToString())) {
      return true;
    }
  }
  return false;
}

}  // namespace kso::coordinator
