#include "common/oci/token_realm.h"

#include <algorithm>
#include <iterator>

#include "common/base/strings.h"

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

}  // namespace

absl::Status CheckTokenRealm(const http::Url& registry, const http::Url& realm,
                             const std::vector<std::string>& more_hosts) {
  if (registry.is_https() && !realm.is_https()) {
    return absl::PermissionDeniedError(
        Concat(registry.host(), " wants tokens to be fetched over plain http (",
               realm.display(),
               "), which is refused; the registry has to name an https realm"));
  }
  if (realm.origin() == registry.origin()) return absl::OkStatus();
  const bool paired =
      realm.is_https() &&
      std::any_of(std::begin(kPairs), std::end(kPairs), [&](const Pair& pair) {
        return pair.registry == registry.host() && pair.realm == realm.host();
      });
  if (paired || std::find(more_hosts.begin(), more_hosts.end(), realm.host()) !=
                    more_hosts.end()) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      Concat(registry.host(), " wants tokens to be fetched from another host (",
             realm.display(),
             "), which is refused because the two are not known to "
             "belong together"));
}

}  // namespace kso::oci
