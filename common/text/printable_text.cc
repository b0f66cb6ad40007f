// SPDX-License-Identifier: Apache-2.0
#include "common/text/printable_text.h"

#include <cstdint>
#include <cstdio>

namespace kso {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kCut = "...";

struct Character {
  uint32_t code = 0;
  size_t bytes = 1;
  bool valid = false;
};

// The character at the beginning of `text`, which is not empty. One that is
// not valid takes one byte, so that what follows it is still seen.
Character FirstCharacter(std::string_view text) {
  const auto byte = [&](size_t i) -> uint32_t {
    return static_cast<unsigned char>(text[i]);
  };
  const uint32_t first = byte(0);
  if (first < 0x80) return {first, 1, true};
  size_t bytes = 0;
  uint32_t least = 0;
  uint32_t code = 0;
  if (first >= 0xC2 && first <= 0xDF) {
    bytes = 2, least = 0x80, code = first & 0x1F;
  } else if (first >= 0xE0 && first <= 0xEF) {
    bytes = 3, least = 0x800, code = first & 0x0F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    bytes = 4, least = 0x10000, code = first & 0x07;
  } else {
    return {};
  }
  if (text.size() < bytes) return {};
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3F);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least || surrogate || code > 0x10FFFF) return {};
  return {code, bytes, true};
}

// Returns whether a terminal or a page would act on the character instead of
// showing it: the control characters of Unicode's class Cc, separators of lines
// and paragraphs, the byte order mark, and the formatting characters of
// Unicode's bidirectional algorithm (UAX #9, section 2).
bool Acts(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x061C ||
         code == 0x200E || code == 0x200F || code == 0x2028 || code == 0x2029 ||
         (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

std::string Printable(std::string_view text, size_t most_bytes,
                      bool keep_lines) {
  std::string result;
  // The position at which the text is cut if it turns out to be too long.
  size_t cut = 0;
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    std::string_view shown = text.substr(0, character.bytes);
    text.remove_prefix(character.bytes);
    if (shown == "\n" || shown == "\t") {
      if (!keep_lines) shown = " ";
    } else if (shown == "\r") {
      shown = keep_lines ? "" : " ";
    } else if (!character.valid || Acts(character.code)) {
      shown = kReplacement;
    }
    if (result.size() + shown.size() > most_bytes) {
      result.resize(cut);
      if (most_bytes >= kCut.size()) result += kCut;
      return result;
    }
    result += shown;
    if (result.size() + kCut.size() <= most_bytes) cut = result.size();
  }
  return result;
}

}  // namespace

std::string PrintableText(std::string_view text, size_t most_bytes) {
  return Printable(text, most_bytes, /*keep_lines=*/false);
}

std::string PrintableLines(std::string_view text, size_t most_bytes) {
  return Printable(text, most_bytes, /*keep_lines=*/true);
}

std::string PrintableJson(std::string_view json) {
  std::string result;
  while (!json.empty()) {
    const Character character = FirstCharacter(json);
    const std::string_view shown = json.substr(0, character.bytes);
    json.remove_prefix(character.bytes);
    // Those of ASCII are escaped in JSON, all but DEL.
    if (!character.valid || character.code < 0x7F || !Acts(character.code)) {
      result += shown;
      continue;
    }
    // None of them is over U+FFFF.
    char escape[sizeof "\\uFFFF"];
    std::snprintf(escape, sizeof escape, "\\u%04x",
                  static_cast<unsigned>(character.code & 0xFFFF));
    result += escape;
  }
  return result;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    if (!character.valid) return false;
    text.remove_prefix(character.bytes);
  }
  return true;
}

}  // namespace kso
