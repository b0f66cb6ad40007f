// SPDX-License-Identifier: Apache-2.0
#include "cli/render/tint.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace kso::cli {
namespace {

absl::string_view Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Colours of the terminal's own palette, so that its scheme decides.
absl::string_view CodeOf(Tint tint) {
  switch (tint) {
    case Tint::kGood:
      return "\x1b[32m";
    case Tint::kBad:
      return "\x1b[31m";
    case Tint::kWarning:
      return "\x1b[33m";
    case Tint::kFaint:
      return "\x1b[2m";
    case Tint::kPlain:
      break;
  }
  return "";
}

}  // namespace

std::string Tinted(absl::string_view text, Tint tint) {
  const absl::string_view code = CodeOf(tint);
  if (code.empty()) return std::string(text);
  return absl::StrCat(code, text, "\x1b[0m");
}

bool WantsColor() {
  return Variable("NO_COLOR").empty() && Variable("TERM") != "dumb";
}

}  // namespace kso::cli
