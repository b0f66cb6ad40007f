// SPDX-License-Identifier: Apache-2.0
#include "common/text/text.h"

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/strings.h"

namespace kso {

std::string FormatBytes(int64_t bytes) {
  if (bytes < 0) return "unknown";
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  double value = static_cast<double>(bytes);
  const char* unit = "";
  for (const char* next : {"KiB", "MiB", "GiB", "TiB"}) {
    // From here on "%.1f" would say 1024.0.
    if (value < 1023.95) break;
    value /= 1024;
    unit = next;
  }
  return absl::StrFormat("%.1f %s", value, unit);
}

std::string Count(int64_t count, std::string_view noun) {
  return absl::StrCat(count, " ", ToAbsl(noun), count == 1 ? "" : "s");
}

std::string RandomHex(int digits) {
  absl::BitGen random;
  std::string text;
  while (text.size() < static_cast<size_t>(digits)) {
    absl::StrAppend(
        &text, absl::Hex(absl::Uniform<uint64_t>(random), absl::kZeroPad16));
  }
  text.resize(static_cast<size_t>(digits));
  return text;
}

}  // namespace kso
