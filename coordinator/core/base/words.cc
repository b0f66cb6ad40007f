// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/words.h"

#include <cmath>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace kso::coordinator {
namespace {

constexpr std::string_view kLayer = "layer ";
constexpr std::string_view kTo = " to ";

// The name in an item: of "layer NAME to PLACE", as workers call a layer that
// could not be pushed, NAME.
std::string_view NamePart(std::string_view item) {
  if (!item.starts_with(kLayer)) return item;
  item.remove_prefix(kLayer.size());
  return item.substr(0, item.rfind(kTo));
}

}  // namespace

std::string DurationInWords(absl::Duration duration) {
  const double seconds = absl::ToDoubleSeconds(duration);
  if (seconds < 10) return absl::StrFormat("%.1f s", seconds);
  const auto whole = std::llround(seconds);
  if (whole < 60) return absl::StrCat(whole, " s");
  if (whole < 3600) return absl::StrCat(whole / 60, " min ", whole % 60, " s");
  return absl::StrCat(whole / 3600, " h ", whole % 3600 / 60, " min");
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

std::string TroubleInWords(std::string_view name, const v1::Failure& failure) {
  const std::string_view item = NamePart(failure.item());
  if (item.empty() || name.find(item) == std::string_view::npos) {
    return FailureInWords(failure);
  }
  v1::Failure rest = failure;
  rest.clear_item();
  return FailureInWords(rest);
}

}  // namespace kso::coordinator
