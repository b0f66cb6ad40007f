// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/carry_size.h"

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "common/base/strings.h"

namespace kso::cli {
namespace {

struct Named {
  absl::string_view name;
  int64_t bytes;
};

constexpr int64_t kMiB = int64_t{1} << 20;

// Discs have room for a file system beside the part.
constexpr Named kMedia[] = {{"cd", 690 * kMiB},
                            {"dvd", 4460 * kMiB},
                            {"dvd-dl", 8100 * kMiB},
                            {"bd", 23700 * kMiB},
                            // FAT32's largest file.
                            {"fat32", 4096 * kMiB - 1}};

constexpr Named kUnits[] = {
    {"", 1},
    {"b", 1},
    {"kb", 1000},
    {"mb", 1000 * 1000},
    {"gb", 1000 * 1000 * 1000},
    {"tb", int64_t{1000} * 1000 * 1000 * 1000},
    {"kib", 1 << 10},
    {"mib", kMiB},
    {"gib", 1 << 30},
    {"tib", int64_t{1} << 40},
    {"k", 1 << 10},
    {"m", kMiB},
    {"g", 1 << 30},
    {"t", int64_t{1} << 40},
};

constexpr int64_t kSmallest = 64 << 10;

absl::Status BadSize(absl::string_view text, absl::string_view reason) {
  return absl::InvalidArgumentError(Concat(
      "size \"", absl::CHexEscape(text.substr(0, 40)), "\": ", ToStd(reason)));
}

}  // namespace

absl::StatusOr<int64_t> ParseCarrySize(std::string_view given) {
  const absl::string_view text = ToAbsl(given);
  const std::string lower = absl::AsciiStrToLower(text);
  for (const Named& medium : kMedia) {
    if (lower == medium.name) return medium.bytes;
  }
  const size_t digits = lower.find_first_not_of("0123456789.");
  const absl::string_view number = absl::string_view(lower).substr(0, digits);
  const std::string unit(absl::StripAsciiWhitespace(
      absl::string_view(lower).substr(number.size())));
  double value = 0;
  if (absl::SimpleAtod(number, &value)) {
    for (const Named& candidate : kUnits) {
      if (unit != candidate.name) continue;
      const double bytes = value * static_cast<double>(candidate.bytes);
      if (bytes < kSmallest) return BadSize(text, "parts of 64 KiB or more");
      if (bytes > std::ldexp(1, 60)) return BadSize(text, "too large");
      return static_cast<int64_t>(bytes);
    }
  }
  return BadSize(text,
                 "write a number and a unit, such as 4GiB or 4.7GB, or a "
                 "medium: cd, dvd, dvd-dl, bd, fat32");
}

}  // namespace kso::cli
