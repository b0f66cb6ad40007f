// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REGISTRY_REGISTRY_FLAGS_H_
#define KSO_COMMON_OCI_REGISTRY_REGISTRY_FLAGS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/http/transport.h"
#include "common/oci/registry/registry_options.h"

namespace kso::oci {

// The flags by which an operator tells any of the programs of registries, as
// docs/registries.md says.
struct RegistryFlags {
  // --token-realm REGISTRY=HOST.
  std::vector<std::string> token_realms = {};
  // --plain-http HOST and --https HOST.
  std::vector<std::string> plain_http = {};
  std::vector<std::string> https = {};
  // --allow-private-redirect HOST.
  std::vector<std::string> private_redirects = {};
  // --allow-private PREFIX.
  std::vector<std::string> private_addresses = {};
  // --plain-http-login HOST and --logins-for HOST[/PATH].
  std::vector<std::string> plain_http_logins = {};
  std::vector<std::string> logins_for = {};
};

// INVALID_ARGUMENT says which flag is wrong.
absl::StatusOr<SharedRegistryOptions> RegistryOptionsOf(
    const RegistryFlags& flags);
// Adds what a transport has to know that acts for its own user: it connects to
// every address.
absl::Status AddRegistryFlags(const RegistryFlags& flags,
                              http::TransportOptions& options);
// Adds what a transport has to know that fetches and pushes what others submit:
// of the private addresses, it connects to those that the operator allows.
absl::Status AddFarmFlags(const RegistryFlags& flags,
                          http::TransportOptions& options);

// The help of flags that ksoctl's commands for one registry have, too.
inline constexpr char kTokenRealmHelp[] =
    "A host that may give out tokens for a registry, where the registry names "
    "one that is not its own, such as "
    "registry.example.com=auth.example.com; may be repeated";
inline constexpr char kPrivateRedirectHelp[] =
    "A public host that may redirect to private addresses, since its storage "
    "is in this network; may be repeated";

// A flag as the programs declare it. It may be given several times.
struct RegistryFlag {
  const char* name;
  const char* meta;
  const char* help;
  std::vector<std::string> RegistryFlags::* values;
};

inline constexpr RegistryFlag kRegistryFlags[] = {
    {"--token-realm", "REGISTRY=HOST", kTokenRealmHelp,
     &RegistryFlags::token_realms},
    {"--plain-http", "HOST[:PORT]",
     "A registry that is spoken to over plain HTTP; may be repeated. Loopback "
     "always is, unless --https names it",
     &RegistryFlags::plain_http},
    {"--https", "HOST[:PORT]",
     "A registry that is spoken to over HTTPS, whatever a release says, also "
     "on loopback; may be repeated",
     &RegistryFlags::https},
    {"--allow-private-redirect", "HOST[:PORT]", kPrivateRedirectHelp,
     &RegistryFlags::private_redirects},
    {"--allow-private", "PREFIX",
     "Private addresses that releases may name, for their destination, mirrors "
     "and upstreams: a block such as 10.20.0.0/16, or one address; may be "
     "repeated. All others that the public internet does not reach are "
     "refused, loopback among them",
     &RegistryFlags::private_addresses},
    {"--plain-http-login", "HOST[:PORT]",
     "A registry that gets its login over plain HTTP, where others on the way "
     "can read it; may be repeated. Loopback always does",
     &RegistryFlags::plain_http_logins},
    {"--logins-for", "HOST[/PATH]",
     "Use the logins of this machine only for this host, or for what is below "
     "a path there, whatever releases name; may be repeated. kso-coordinator "
     "takes =WHO after it, for builds of some identities only",
     &RegistryFlags::logins_for}};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_REGISTRY_FLAGS_H_
