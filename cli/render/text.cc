// SPDX-License-Identifier: Apache-2.0
#include "cli/render/text.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/proto_time.h"
#include "common/base/strings.h"
#include "common/text/printable_text.h"

namespace kso::cli {
namespace {

// Takes the first character off `text` (RFC 3629). What is no UTF-8 is a
// character a byte.
char32_t TakeCharacter(absl::string_view& text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const size_t length = first < 0xC0   ? 1
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                                       : 4;
  constexpr unsigned char kOfFirst[] = {0, 0xFF, 0x1F, 0x0F, 0x07};
  char32_t character = first & kOfFirst[length];
  size_t taken = 1;
  for (; taken < length && taken < text.size(); ++taken) {
    const auto next = static_cast<unsigned char>(text[taken]);
    if ((next & 0xC0) != 0x80) break;
    character = character << 6 | (next & 0x3F);
  }
  text.remove_prefix(taken);
  return character;
}

// The blocks whose characters are wide: ideographs, kana, Hangul, their
// punctuation and full-width forms, and emoji.
constexpr std::pair<char32_t, char32_t> kWide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F},
    {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
};

size_t WidthOf(char32_t character) {
  const bool is_wide =
      std::any_of(std::begin(kWide), std::end(kWide), [&](const auto& block) {
        return character >= block.first && character <= block.second;
      });
  return is_wide ? 2 : 1;
}

}  // namespace

std::string FormatElapsed(absl::Duration duration) {
  if (duration < absl::ZeroDuration()) duration = absl::ZeroDuration();
  const int64_t seconds = absl::ToInt64Seconds(duration);
  if (seconds < 10) {
    return absl::StrFormat("%.1fs", absl::ToDoubleSeconds(duration));
  }
  if (seconds < 60) return absl::StrCat(seconds, "s");
  if (seconds < 3600) {
    return absl::StrCat(seconds / 60, "m ", seconds % 60, "s");
  }
  if (seconds < 48 * 3600) {
    return absl::StrCat(seconds / 3600, "h ", seconds / 60 % 60, "m");
  }
  return absl::StrCat(seconds / (24 * 3600), " days");
}

std::string FormatClock(const google::protobuf::Timestamp& timestamp) {
  return absl::FormatTime("%H:%M:%S", FromProto(timestamp),
                          absl::LocalTimeZone());
}

std::string FormatAge(const google::protobuf::Timestamp& timestamp,
                      absl::Time now) {
  return absl::StrCat(FormatElapsed(now - FromProto(timestamp)), " ago");
}

std::string Printable(absl::string_view text) {
  // A text on its way to a screen is not cut: it has been bounded where it came
  // in.
  return PrintableText(ToStd(text), std::string::npos);
}

size_t ColumnsOf(absl::string_view text) {
  size_t columns = 0;
  while (!text.empty()) columns += WidthOf(TakeCharacter(text));
  return columns;
}

std::string CutText(absl::string_view text, size_t columns) {
  absl::string_view rest = text;
  size_t used = 0;
  size_t end = 0;
  while (!rest.empty()) {
    used += WidthOf(TakeCharacter(rest));
    if (used > columns) break;
    end = text.size() - rest.size();
  }
  return std::string(text.substr(0, end));
}

std::string FormatTable(const std::vector<std::vector<std::string>>& rows,
                        absl::string_view indent) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], ColumnsOf(row[i]));
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line(indent);
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&line, row[i],
                      std::string(widths[i] - ColumnsOf(row[i]) + 2, ' '));
    }
    absl::StripTrailingAsciiWhitespace(&line);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

}  // namespace kso::cli
