// SPDX-License-Identifier: Apache-2.0
#include "common/text/percent_coding.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

namespace kso {
namespace {

// RFC 3986, section 2.3.
bool IsUnreserved(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string Encode(std::string_view text, bool (*is_plain)(char)) {
  std::string encoded;
  for (const char c : text) {
    if (is_plain(c)) {
      encoded += c;
    } else {
      absl::StrAppendFormat(&encoded, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace

bool IsPathCharacter(char c) {
  return IsUnreserved(c) ||
         std::string_view("!$&'()*+,;=:@/").find(c) != std::string_view::npos;
}

std::string PercentEncode(std::string_view text) {
  return Encode(text, IsUnreserved);
}

std::string PercentEncodePath(std::string_view path) {
  return Encode(path, IsPathCharacter);
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const std::string_view hex = text.substr(i + 1, 2);
    if (hex.size() != 2 ||
        !absl::ascii_isxdigit(static_cast<unsigned char>(hex[0])) ||
        !absl::ascii_isxdigit(static_cast<unsigned char>(hex[1]))) {
      return std::nullopt;
    }
    decoded += static_cast<char>(std::stoi(std::string(hex), nullptr, 16));
    i += 2;
  }
  return decoded;
}

}  // namespace kso
