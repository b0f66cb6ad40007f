// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RENDER_TINT_H_
#define KSO_CLI_RENDER_TINT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace kso::cli {

// The meaning of a colour. Nothing is said by colour alone: the words say it,
// too.
enum class Tint { kPlain, kGood, kBad, kWarning, kFaint };

struct TintedLine {
  std::string text;
  Tint tint = Tint::kPlain;
};

// `text` in its colour (ECMA-48, select graphic rendition).
std::string Tinted(absl::string_view text, Tint tint);

// Returns whether a terminal should get colours: $NO_COLOR (no-color.org) is
// not set, or empty, and $TERM is not "dumb".
bool WantsColor();

}  // namespace kso::cli

#endif  // KSO_CLI_RENDER_TINT_H_
