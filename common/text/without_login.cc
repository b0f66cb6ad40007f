// SPDX-License-Identifier: Apache-2.0
#include "common/text/without_login.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "common/base/strings.h"

namespace kso {
namespace {

// Returns where the authority of a text begins; 0 where it has no scheme.
size_t AfterScheme(std::string_view text) {
  const size_t end = text.find("://");
  if (end == text.npos) return 0;
  const std::string_view scheme = text.substr(0, end);
  const bool is_scheme =
      std::all_of(scheme.begin(), scheme.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '+' || c == '-' || c == '.';
      });
  return is_scheme ? end + 3 : 0;
}

// Returns whether "HOST[:PORT]" can hardly be the begin of a user name or a
// password that has a "/", "?" or "#" in it.
bool IsSurelyAHost(std::string_view authority) {
  const size_t bracket =
      absl::StartsWith(ToAbsl(authority), "[") ? authority.rfind(']') : 0;
  if (bracket == authority.npos) return false;
  const size_t colon = authority.find(':', bracket);
  const std::string_view host = authority.substr(0, colon);
  const std::string_view port =
      colon == authority.npos ? "" : authority.substr(colon + 1);
  return (bracket > 0 || host == "localhost" || host.find('.') != host.npos) &&
         std::all_of(port.begin(), port.end(), absl::ascii_isdigit);
}

}  // namespace

std::string WithoutLogin(std::string_view text) {
  const size_t start = AfterScheme(text);
  const std::string_view scheme = text.substr(0, start);
  const std::string_view rest = text.substr(start);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const bool goes_on = rest.find('@', authority.size()) != rest.npos;
  const size_t at = authority.rfind('@');
  if (goes_on && (at != authority.npos || !IsSurelyAHost(authority))) {
    return Concat(scheme, "***");
  }
  const std::string_view shown = rest.substr(0, rest.find_first_of("?#"));
  return Concat(scheme, shown.substr(at == authority.npos ? 0 : at + 1));
}

}  // namespace kso
