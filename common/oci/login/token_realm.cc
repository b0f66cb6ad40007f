// SPDX-License-Identifier: Apache-2.0
#include "common/oci/login/token_realm.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/escaping.h"
#include "common/base/strings.h"
#include "common/oci/grammar.h"
#include "common/oci/reference.h"

namespace kso::oci {
namespace {

struct Pair {
  std::string_view registry;
  std::string_view realm;
};

// Public registries whose tokens come from another host, by their published
// documentation. All others use their own origin.
constexpr Pair kPairs[] = {
    {"registry-1.docker.io", "auth.docker.io"},
    {"registry.gitlab.com", "gitlab.com"},
    {"docker.elastic.co", "docker-auth.elastic.co"},
    {"registry.digitalocean.com", "api.digitalocean.com"},
    {"lscr.io", "ghcr.io"},
};

std::string_view WithoutPort(std::string_view host) {
  const size_t colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && host.back() != ']';
  return has_port ? host.substr(0, colon) : host;
}

}  // namespace

absl::StatusOr<TokenRealms> ParseTokenRealms(
    const std::vector<std::string>& settings) {
  TokenRealms realms;
  for (const std::string& setting : settings) {
    const size_t equals = setting.find('=');
    const std::string registry = setting.substr(0, equals);
    const std::string host =
        equals == std::string::npos ? "" : setting.substr(equals + 1);
    if (!IsValidHost(registry) || !IsValidHost(host)) {
      return absl::InvalidArgumentError(
          Concat("--token-realm \"", absl::CHexEscape(setting.substr(0, 300)),
                 "\": it must be REGISTRY=HOST, such as "
                 "registry.example.com=auth.example.com"));
    }
    realms[RegistryHost(registry)].insert(host);
  }
  return realms;
}

absl::Status CheckTokenRealm(const http::Url& registry, const http::Url& realm,
                             const TokenRealms& more) {
  if (registry.is_https() && !realm.is_https()) {
    return absl::PermissionDeniedError(
        Concat(registry.host(), " wants tokens to be fetched over plain http (",
               realm.display(),
               "), which is refused; the registry has to name an https realm"));
  }
  if (realm.origin() == registry.origin()) return absl::OkStatus();
  // A registry over http has its logins in clear on that host anyway.
  if (WithoutPort(realm.host()) == WithoutPort(registry.host())) {
    return absl::OkStatus();
  }
  const bool paired =
      realm.is_https() &&
      std::any_of(std::begin(kPairs), std::end(kPairs), [&](const Pair& pair) {
        return pair.registry == registry.host() && pair.realm == realm.host();
      });
  const auto allowed = more.find(registry.host());
  if (paired ||
      (allowed != more.end() && allowed->second.contains(realm.host()))) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(Concat(
      registry.host(), " wants tokens to be fetched from another host (",
      realm.display(),
      "), which is refused because the two are not known to belong "
      "together; if they do, say so with --token-realm ",
      registry.host(), "=", realm.host(), " (worker, coordinator, ksoctl)"));
}

}  // namespace kso::oci
