// SPDX-License-Identifier: Apache-2.0
#include "common/http/transport.h"

#include "absl/strings/match.h"
#include "common/base/strings.h"

namespace kso::http {

std::optional<std::string> Response::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (absl::EqualsIgnoreCase(key, ToAbsl(name))) return value;
  }
  return std::nullopt;
}

}  // namespace kso::http
