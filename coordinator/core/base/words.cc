// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/words.h"

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/strings.h"

namespace kso::coordinator {

std::string BytesInWords(int64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  double value = static_cast<double>(bytes);
  const char* unit = "";
  for (const char* next : {"KiB", "MiB", "GiB", "TiB"}) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return absl::StrFormat("%.1f %s", value, unit);
}

std::string DurationInWords(absl::Duration duration) {
  const double seconds = absl::ToDoubleSeconds(duration);
  if (seconds < 10) return absl::StrFormat("%.1f s", seconds);
  const auto whole = std::llround(seconds);
  if (whole < 60) return absl::StrCat(whole, " s");
  if (whole < 3600) return absl::StrCat(whole / 60, " min ", whole % 60, " s");
  return absl::StrCat(whole / 3600, " h ", whole % 3600 / 60, " min");
}

std::string Count(int64_t count, std::string_view noun) {
  return Concat(count, " ", noun, count == 1 ? "" : "s");
}

std::string PlatformInWords(const v1::Platform& platform) {
  if (platform.os().empty() && platform.architecture().empty()) return "";
  std::string text = platform.os() + "/" + platform.architecture();
  if (!platform.variant().empty()) text += "/" + platform.variant();
  return text;
}

std::string PhaseInWords(v1::Phase phase) {
  return phase == v1::PHASE_UNSPECIFIED
             ? "submitted"
             : absl::AsciiStrToLower(v1::Phase_Name(phase));
}

std::string FailureInWords(const v1::Failure& failure) {
  std::string text = failure.item();
  if (!text.empty() && !failure.reason().empty()) text += ": ";
  text += failure.reason();
  if (!failure.advice().empty()) text += "; " + failure.advice();
  if (!failure.location().empty()) text += " (" + failure.location() + ")";
  return text;
}

}  // namespace kso::coordinator
