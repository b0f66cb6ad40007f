// SPDX-License-Identifier: Apache-2.0
#include "cli/release/file_url.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/reference.h"

namespace kso::cli {
namespace {

bool ConsumeScheme(absl::string_view* url) {
  return absl::ConsumePrefix(url, "https://") ||
         absl::ConsumePrefix(url, "http://");
}

// The longest name that Linux file systems take.
constexpr size_t kLongestPart = 255;

// Characters of a path that stand for themselves (RFC 3986, section 3.3).
bool IsPathCharacter(char c) {
  return absl::ascii_isalnum(c) ||
         absl::string_view("-._~!$&'()*+,;=:@/").find(c) !=
             absl::string_view::npos;
}

// The path with %XX as characters, as the server of the files reads requests.
absl::StatusOr<std::string> DecodePath(absl::string_view path) {
  std::string decoded;
  for (size_t i = 0; i < path.size(); ++i) {
    std::string character(1, path[i]);
    if (path[i] == '%') {
      const absl::string_view hex = path.substr(i + 1, 2);
      int code = 0;
      if (hex.size() != 2 || !absl::ascii_isxdigit(hex[0]) ||
          !absl::ascii_isxdigit(hex[1]) || !absl::SimpleHexAtoi(hex, &code)) {
        return absl::InvalidArgumentError(
            "the URL has a '%' without two hex digits; write it as %25");
      }
      character[0] = static_cast<char>(code);
      // It would look like one path and be another.
      if (character == "/") {
        return absl::InvalidArgumentError(
            "the URL has an encoded '/'; write it as it is");
      }
      i += 2;
    }
    if (!IsPathCharacter(character[0])) {
      return absl::InvalidArgumentError(
          "the URL has a character that a file name here may not have; use "
          "letters, digits and -._~!$&'()*+,;=:@");
    }
    decoded += character;
  }
  return decoded;
}

}  // namespace

bool IsHttpUrl(absl::string_view text) {
  if (!ConsumeScheme(&text)) return false;
  for (const char c : text) {
    if (!absl::ascii_isgraph(c)) return false;
  }
  return oci::IsValidHost(ToStd(text.substr(0, text.find('/'))));
}

absl::StatusOr<std::string> ServedPath(absl::string_view url) {
  absl::string_view rest = url;
  if (!ConsumeScheme(&rest)) {
    return absl::InvalidArgumentError(
        "this is not a URL; write https://HOST/PATH, and a digest after it if "
        "you have one");
  }
  const size_t slash = rest.find('/');
  const absl::string_view host = rest.substr(0, slash);
  if (host.find('@') != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        "the URL has a user name or password in it; take it out, lists are no "
        "place for secrets");
  }
  if (!oci::IsValidHost(ToStd(host))) {
    return absl::InvalidArgumentError(
        "the URL's host is not a host name; write https://HOST/PATH");
  }
  if (slash == absl::string_view::npos || rest.back() == '/') {
    return absl::InvalidArgumentError(
        "the URL names no file; write the URL of one file");
  }
  const absl::string_view path = rest.substr(slash + 1);
  if (path.find_first_of("?#") != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        "the URL has a query or a fragment, and a file cannot be served under "
        "such a name; find a URL without '?' and '#'");
  }
  KSO_ASSIGN_OR_RETURN(const std::string decoded, DecodePath(path));
  for (const absl::string_view part : absl::StrSplit(decoded, '/')) {
    if (part.empty() || part == "." || part == "..") {
      return absl::InvalidArgumentError(
          "the URL's path has an empty, '.' or '..' part; write it out clean");
    }
    if (part.size() > kLongestPart) {
      return absl::InvalidArgumentError(
          "the URL's path has a part of more than 255 bytes, which no file "
          "name can have; find a shorter URL");
    }
  }
  return absl::StrCat(host, "/", decoded);
}

}  // namespace kso::cli
