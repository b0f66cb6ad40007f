// SPDX-License-Identifier: Apache-2.0
#include "coordinator/http/request_target.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_split.h"
#include "common/base/strings.h"
#include "common/text/percent_coding.h"

namespace kso::coordinator {
namespace {

bool IsVisible(char c) { return c > ' ' && c < 0x7f && c != '#'; }

// Decodes one part. Nothing for a "%" that stands for no byte, or for NUL.
std::optional<std::string> Decode(std::string_view part) {
  std::optional<std::string> decoded = PercentDecode(part);
  if (decoded.has_value() && decoded->find('\0') != std::string::npos) {
    return std::nullopt;
  }
  return decoded;
}

bool ReadQuery(std::string_view query, HttpRequest& request) {
  for (const absl::string_view part : absl::StrSplit(ToAbsl(query), '&')) {
    if (part.empty()) continue;
    std::string text(part);
    std::replace(text.begin(), text.end(), '+', ' ');
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(text, absl::MaxSplits('=', 1));
    std::optional<std::string> name = Decode(pair.first);
    std::optional<std::string> value = Decode(pair.second);
    if (!name.has_value() || !value.has_value()) return false;
    request.query.emplace_back(*std::move(name), *std::move(value));
  }
  return true;
}

}  // namespace

bool ReadTarget(std::string_view target, HttpRequest& request) {
  if (!target.starts_with("/") ||
      !std::all_of(target.begin(), target.end(), IsVisible)) {
    return false;
  }
  request.target = std::string(target);
  const size_t mark = target.find('?');
  request.path = std::string(target.substr(0, mark));
  if (request.path != "/") {
    for (const absl::string_view part :
         absl::StrSplit(absl::string_view(request.path).substr(1), '/')) {
      std::optional<std::string> segment = Decode(ToStd(part));
      if (!segment.has_value()) return false;
      request.segments.push_back(*std::move(segment));
    }
  }
  return mark == std::string_view::npos ||
         ReadQuery(target.substr(mark + 1), request);
}

}  // namespace kso::coordinator
