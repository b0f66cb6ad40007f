// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/registry_flags.h"

#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/http/address.h"
#include "common/http/address_rule.h"
#include "common/oci/grammar.h"
#include "common/oci/login/login_policy.h"
#include "common/oci/reference.h"

namespace kso::oci {
namespace {

absl::StatusOr<std::set<std::string>> HostsOf(
    std::string_view flag, const std::vector<std::string>& values) {
  std::set<std::string> hosts;
  for (const std::string& value : values) {
    if (!IsValidHost(value)) {
      return absl::InvalidArgumentError(
          Concat(flag, " \"", absl::CHexEscape(value.substr(0, 300)),
                 "\": it must be HOST or HOST:PORT, such as "
                 "registry.example.com"));
    }
    hosts.insert(value);
  }
  return hosts;
}

}  // namespace

absl::StatusOr<SharedRegistryOptions> RegistryOptionsOf(
    const RegistryFlags& flags) {
  SharedRegistryOptions options;
  KSO_ASSIGN_OR_RETURN(options.realms, ParseTokenRealms(flags.token_realms));
  KSO_ASSIGN_OR_RETURN(options.plain_http,
                       HostsOf("--plain-http", flags.plain_http));
  KSO_ASSIGN_OR_RETURN(options.https, HostsOf("--https", flags.https));
  KSO_ASSIGN_OR_RETURN(
      options.logins,
      LoginPolicy::Create(flags.plain_http_logins, flags.logins_for));
  for (const std::string& host : options.https) {
    if (!options.plain_http.contains(host)) continue;
    return absl::InvalidArgumentError(
        Concat("--plain-http and --https both name ", host));
  }
  return options;
}

absl::Status AddRegistryFlags(const RegistryFlags& flags,
                              http::TransportOptions& options) {
  KSO_ASSIGN_OR_RETURN(
      const std::set<std::string> hosts,
      HostsOf("--allow-private-redirect", flags.private_redirects));
  // A transport knows hosts by the name in their URL.
  for (const std::string& host : hosts) {
    options.private_redirects.insert(RegistryHost(host));
  }
  return absl::OkStatus();
}

absl::Status AddFarmFlags(const RegistryFlags& flags,
                          http::TransportOptions& options) {
  KSO_RETURN_IF_ERROR(AddRegistryFlags(flags, options));
  std::vector<http::AddressBlock> blocks;
  for (const std::string& value : flags.private_addresses) {
    const absl::StatusOr<http::AddressBlock> block =
        http::AddressBlock::Parse(value);
    if (!block.ok()) {
      return Prefixed(block.status(), "--allow-private: ");
    }
    blocks.push_back(*block);
  }
  options.addresses = http::AddressRule::Only(std::move(blocks));
  return absl::OkStatus();
}

}  // namespace kso::oci
