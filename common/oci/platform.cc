// SPDX-License-Identifier: Apache-2.0
#include "common/oci/platform.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"

namespace kso::oci {
namespace {

bool IsWord(const std::string& text) {
  return !text.empty() && text != "." && text != ".." && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
         });
}

// The variant of a platform that names none; empty where that may be any.
std::string_view ImpliedVariant(const v1::Platform& platform) {
  if (platform.architecture() == "amd64") return "v1";
  if (platform.architecture() == "arm64") return "v8";
  return "";
}

std::string_view EffectiveVariant(const v1::Platform& platform) {
  return platform.variant().empty() ? ImpliedVariant(platform)
                                    : std::string_view(platform.variant());
}

bool IsSamePlatform(const v1::Platform& a, const v1::Platform& b) {
  return a.os() == b.os() && a.architecture() == b.architecture() &&
         EffectiveVariant(a) == EffectiveVariant(b);
}

}  // namespace

std::string FormatPlatform(const v1::Platform& platform) {
  std::string text = Concat(platform.os(), "/", platform.architecture());
  if (!platform.variant().empty()) text += "/" + platform.variant();
  return text;
}

absl::StatusOr<v1::Platform> ParsePlatform(std::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(ToAbsl(text), '/');
  v1::Platform platform;
  if (parts.size() == 2 || parts.size() == 3) {
    platform.set_os(parts[0]);
    platform.set_architecture(parts[1]);
    if (parts.size() == 3) platform.set_variant(parts[2]);
  }
  if (!IsValidPlatform(platform) || (parts.size() == 3 && parts[2].empty())) {
    return absl::InvalidArgumentError(
        Concat("\"", absl::CHexEscape(ToAbsl(text.substr(0, 120))),
               "\" is not a platform: write one like linux/amd64, linux/arm64 "
               "or linux/arm/v7"));
  }
  return platform;
}

std::string PlatformDisagreement(const v1::Platform& index,
                                 std::string_view config) {
  return Concat("its config is for ", config, ", and its index says ",
                FormatPlatform(index));
}

bool PlatformSatisfies(const v1::Platform& offered,
                       const v1::Platform& wanted) {
  return offered.os() == wanted.os() &&
         offered.architecture() == wanted.architecture() &&
         (EffectiveVariant(wanted).empty() ||
          EffectiveVariant(offered) == EffectiveVariant(wanted));
}

int ChoosePlatform(const std::vector<v1::Platform>& offered,
                   const v1::Platform& wanted) {
  int found = -1;
  for (size_t i = 0; i < offered.size(); ++i) {
    if (IsSamePlatform(offered[i], wanted)) return static_cast<int>(i);
    if (found < 0 && PlatformSatisfies(offered[i], wanted)) {
      found = static_cast<int>(i);
    }
  }
  return found;
}

bool IsValidPlatform(const v1::Platform& platform) {
  return IsWord(platform.os()) && IsWord(platform.architecture()) &&
         (platform.variant().empty() || IsWord(platform.variant()));
}

}  // namespace kso::oci
