// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/clock_finding.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace kso::cli {
namespace {

// Clocks that differ by more than this make certificates and tokens invalid.
constexpr absl::Duration kWorrying = absl::Minutes(1);
constexpr absl::Duration kTooMuch = absl::Minutes(10);

}  // namespace

Finding ClockFinding(absl::Duration skew, const char* others) {
  const absl::Duration off = absl::AbsDuration(skew);
  if (off < kWorrying) return Good("clock", "as others have it");
  const std::string text = absl::StrCat(
      "this machine's is ",
      absl::FormatDuration(absl::Trunc(off, absl::Seconds(1))),
      skew > absl::ZeroDuration() ? " ahead of " : " behind ", others);
  constexpr char kMend[] =
      "set it, and keep it right: timedatectl set-ntp true";
  return off < kTooMuch ? Warning("clock", text, kMend)
                        : Broken("clock", text, kMend);
}

}  // namespace kso::cli
