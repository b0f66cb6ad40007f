// SPDX-License-Identifier: Apache-2.0
#include "common/oci/login/login_places.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "common/base/strings.h"
#include "common/oci/grammar.h"
#include "common/oci/reference.h"

namespace kso::oci {
namespace {

// "HOST" without the port, where it has one.
std::string_view WithoutPort(std::string_view host) {
  const size_t colon = host.rfind(':');
  return colon == std::string_view::npos || host.back() == ']'
             ? host
             : host.substr(0, colon);
}

// Returns whether `path` is `prefix` or something below it.
bool IsBelow(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) &&
         (path.size() == prefix.size() || prefix.ends_with('/') ||
          path[prefix.size()] == '/');
}

}  // namespace

absl::StatusOr<LoginPlaces> LoginPlaces::Parse(
    const std::vector<std::string>& places) {
  LoginPlaces parsed;
  for (const std::string& place : places) {
    const size_t slash = place.find('/');
    const std::string host = place.substr(0, slash);
    const std::string path =
        slash == std::string::npos ? "" : place.substr(slash);
    // Only the coordinator is told whom a place is for (login_rules.h).
    const bool has_odd = std::any_of(
        path.begin(), path.end(),
        [](unsigned char c) { return absl::ascii_iscntrl(c) || c == '='; });
    if (!IsValidHost(host) || has_odd) {
      return absl::InvalidArgumentError(
          Concat("--logins-for \"", absl::CHexEscape(place.substr(0, 300)),
                 "\": it must be HOST, HOST:PORT or either with a path, such "
                 "as registry.example.com/team; =WHO may follow for "
                 "kso-coordinator"));
    }
    parsed.places_.push_back(Concat(RegistryHost(host), path));
  }
  return parsed;
}

bool LoginPlaces::Contain(std::string_view host, std::string_view path) const {
  const std::string whole = Concat(host, "/", path);
  const std::string without_port = Concat(WithoutPort(host), "/", path);
  return std::any_of(
      places_.begin(), places_.end(), [&](const std::string& place) {
        return IsBelow(whole, place) || IsBelow(without_port, place);
      });
}

}  // namespace kso::oci
