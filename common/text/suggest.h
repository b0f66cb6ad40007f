// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_TEXT_SUGGEST_H_
#define KSO_COMMON_TEXT_SUGGEST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace kso {

// "did you mean 'submit'?" for a mistyped word, or "" when no candidate is
// near: at most two letters apart (case aside), and less than half of the word.
std::string DidYouMean(absl::string_view word,
                       const std::vector<std::string>& candidates);

}  // namespace kso

#endif  // KSO_COMMON_TEXT_SUGGEST_H_
