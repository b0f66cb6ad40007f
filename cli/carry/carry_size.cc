// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/carry_size.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "cli/carry/byte_size.h"
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
  if (const std::optional<int64_t> bytes = ByteSizeOf(given)) {
    if (*bytes < kSmallest) return BadSize(text, "parts of 64 KiB or more");
    return *bytes;
  }
  return BadSize(text,
                 "write a number and a unit, such as 4GiB or 4.7GB, or a "
                 "medium: cd, dvd, dvd-dl, bd, fat32");
}

}  // namespace kso::cli
