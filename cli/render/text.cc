// SPDX-License-Identifier: Apache-2.0
#include "cli/render/text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/proto_time.h"
#include "common/base/strings.h"
#include "common/text/printable_text.h"

namespace kso::cli {

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

std::string CutText(absl::string_view text, size_t columns) {
  size_t used = 0;
  size_t end = 0;
  for (; end < text.size(); ++end) {
    // Bytes that continue a character (RFC 3629) belong to the one before.
    if ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) continue;
    if (used == columns) break;
    ++used;
  }
  return std::string(text.substr(0, end));
}

std::string FormatTable(const std::vector<std::vector<std::string>>& rows,
                        absl::string_view indent) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line(indent);
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&line, row[i],
                      std::string(widths[i] - row[i].size() + 2, ' '));
    }
    absl::StripTrailingAsciiWhitespace(&line);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

}  // namespace kso::cli
