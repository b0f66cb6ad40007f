// SPDX-License-Identifier: Apache-2.0
#include "cli/duration_option.h"

#include "absl/status/status.h"
#include "common/base/strings.h"
#include "common/text/printable_text.h"

namespace kso::cli {
namespace {

// The most of a value that a message shows.
constexpr size_t kMostShown = 40;

}  // namespace

absl::StatusOr<absl::Duration> ParseDurationOption(std::string_view name,
                                                   std::string_view text) {
  absl::Duration duration;
  if (absl::ParseDuration(ToAbsl(text), &duration) &&
      duration >= absl::ZeroDuration() &&
      duration != absl::InfiniteDuration()) {
    return duration;
  }
  return absl::InvalidArgumentError(
      Concat(name, " ", PrintableText(text, kMostShown),
             ": write a time with its unit, such as 90s, 10m or 72h"));
}

}  // namespace kso::cli
