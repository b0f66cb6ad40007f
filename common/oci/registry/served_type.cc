// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/served_type.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace kso::oci {

std::string ServedType(const http::Response& response) {
  const std::string value = response.Header("Content-Type").value_or("");
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(value, absl::MaxSplits(';', 1));
  return absl::AsciiStrToLower(absl::StripAsciiWhitespace(parts.first));
}

bool SaysNothing(std::string_view media_type) {
  for (const std::string_view says_nothing :
       {"", "text/plain", "text/json", "application/json",
        "application/octet-stream", "binary/octet-stream"}) {
    if (media_type == says_nothing) return true;
  }
  return false;
}

}  // namespace kso::oci
