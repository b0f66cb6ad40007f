// SPDX-License-Identifier: Apache-2.0
#include "common/release/build_request.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "common/base/strings.h"

namespace kso::release {
namespace {

constexpr size_t kLongestId = 64;

}  // namespace

absl::Status CheckBuildId(std::string_view id) {
  const bool fits =
      !id.empty() && id.size() <= kLongestId &&
      std::all_of(id.begin(), id.end(), [](unsigned char c) {
        return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
      });
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat(
      "'", absl::CHexEscape(ToAbsl(id.substr(0, 2 * kLongestId))),
      "' cannot be a build's id; use 1 to ", kLongestId, " of a-z, 0-9 and -"));
}

absl::Status CheckPriority(int priority) {
  if (priority >= kLowestPriority && priority <= kHighestPriority) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      Concat("a priority is from ", kLowestPriority, " to ", kHighestPriority,
             ", not ", priority));
}

}  // namespace kso::release
