// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/id_range.h"

#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"

namespace kso::worker {
namespace {

constexpr uint32_t kLeastCount = 1 << 16;
constexpr uint32_t kLeastFirst = 1 << 16;
// The id -1 means "none" to the kernel.
constexpr uint32_t kNoId = std::numeric_limits<uint32_t>::max();

}  // namespace

absl::StatusOr<IdRange> ParseIdRange(std::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(ToAbsl(text), absl::MaxSplits(':', 1));
  IdRange range;
  if (!absl::SimpleAtoi(parts.first, &range.first) ||
      !absl::SimpleAtoi(parts.second, &range.count)) {
    return absl::InvalidArgumentError(
        Concat("\"", text, "\" is not FIRST:COUNT, such as 2147418112:65536"));
  }
  if (range.first < kLeastFirst || range.count < kLeastCount ||
      range.count > kNoId - range.first) {
    return absl::InvalidArgumentError(
        Concat("\"", text, "\" is no range of at least ", kLeastCount,
               " ids from ", kLeastFirst,
               " on, the first that no user of a machine "
               "has by itself"));
  }
  return range;
}

}  // namespace kso::worker
