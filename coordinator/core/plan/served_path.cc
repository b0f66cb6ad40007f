// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/served_path.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/grammar.h"

namespace kso::coordinator {
namespace {

// The longest name that Linux file systems take.
constexpr size_t kLongestComponent = 255;

// RFC 3986, appendix A: pchar without percent-encoding, and "/".
bool IsPathCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("-._~!$&'()*+,;=:@/").find(c) !=
             std::string_view::npos;
}

absl::StatusOr<std::string> DecodePath(std::string_view path) {
  std::string decoded;
  for (size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    if (c == '%') {
      const std::string hex(path.substr(i + 1, 2));
      if (hex.size() != 2 ||
          !absl::ascii_isxdigit(static_cast<unsigned char>(hex[0])) ||
          !absl::ascii_isxdigit(static_cast<unsigned char>(hex[1]))) {
        return absl::InvalidArgumentError("has a '%' without two hex digits");
      }
      c = static_cast<char>(std::stoi(hex, nullptr, 16));
      if (c == '/') {
        return absl::InvalidArgumentError("has an encoded '/' in its path");
      }
      i += 2;
    }
    if (!IsPathCharacter(c)) {
      return absl::InvalidArgumentError(
          "has a character in its path that no file name here may have");
    }
    decoded.push_back(c);
  }
  return decoded;
}

absl::Status CheckComponents(const std::string& path) {
  for (const std::string& component :
       std::vector<std::string>(absl::StrSplit(path, '/'))) {
    if (component.empty()) {
      return absl::InvalidArgumentError("has an empty component in its path");
    }
    if (component == "." || component == "..") {
      return absl::InvalidArgumentError(
          Concat("has '", component, "' in its path"));
    }
    if (component.size() > kLongestComponent) {
      return absl::InvalidArgumentError(
          "has a component in its path that is longer than 255 bytes");
    }
  }
  return absl::OkStatus();
}

bool LooksLikeVersion(const std::string& component) {
  const size_t first = component.size() > 1 && component[0] == 'v' ? 1 : 0;
  return absl::ascii_isdigit(static_cast<unsigned char>(component[first]));
}

}  // namespace

absl::StatusOr<std::string> ServedPath(std::string_view url) {
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return absl::InvalidArgumentError(
        "does not begin with http:// or https://");
  }
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return absl::InvalidArgumentError(
        "has a query or a fragment, which no file can be served under");
  }
  const size_t slash = rest.find('/');
  const std::string_view host = rest.substr(0, slash);
  if (host.find('@') != std::string_view::npos) {
    return absl::InvalidArgumentError("has credentials in it");
  }
  if (!oci::IsValidHost(host)) {
    return absl::InvalidArgumentError("has no valid host");
  }
  if (slash == std::string_view::npos || slash + 1 == rest.size()) {
    return absl::InvalidArgumentError("names no file");
  }
  KSO_ASSIGN_OR_RETURN(const std::string path,
                       DecodePath(rest.substr(slash + 1)));
  KSO_RETURN_IF_ERROR(CheckComponents(path));
  return Concat(host, "/", path);
}

std::string ComponentOf(std::string_view served_path) {
  const std::vector<std::string> parts =
      absl::StrSplit(ToAbsl(served_path), '/');
  std::string component = parts[0];
  for (size_t i = 1; i + 1 < parts.size() && i <= 2; ++i) {
    if (LooksLikeVersion(parts[i])) break;
    component += "/" + parts[i];
  }
  return component;
}

}  // namespace kso::coordinator
