// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FUZZ_PROMISE_H_
#define KSO_TESTS_FUZZ_PROMISE_H_

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "absl/status/status.h"
#include "common/text/printable_text.h"

namespace kso::fuzz {

// Ends the process, as a crash does, unless a promise of the code holds.
inline void Require(bool holds, std::string_view promise) {
  if (holds) return;
  std::fprintf(stderr, "BROKEN: %.*s\n", static_cast<int>(promise.size()),
               promise.data());
  std::abort();
}

// Requires a text that may be shown to people: bounded and printable.
inline void RequireShown(std::string_view text, std::string_view promise) {
  Require(IsUtf8(text) && text.size() <= kLongestText, promise);
}

// Requires that an error says something.
inline void RequireSaid(const absl::Status& status, std::string_view promise) {
  Require(status.ok() || !status.message().empty(), promise);
}

}  // namespace kso::fuzz

#endif  // KSO_TESTS_FUZZ_PROMISE_H_
