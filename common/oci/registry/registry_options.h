// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REGISTRY_REGISTRY_OPTIONS_H_
#define KSO_COMMON_OCI_REGISTRY_REGISTRY_OPTIONS_H_

#include <memory>
#include <set>
#include <stop_token>
#include <string>

#include "common/oci/login/login_policy.h"
#include "common/oci/login/token_cache.h"
#include "common/oci/login/token_realm.h"
#include "common/oci/registry/upload_traits.h"

namespace kso::oci {

// The options that all registries of a process have in common.
struct SharedRegistryOptions {
  // Shared by what is opened with it; where it is null, each has its own.
  std::shared_ptr<TokenCache> cache = {};
  // The hosts that may give out tokens, besides those of CheckTokenRealm.
  TokenRealms realms = {};
  // The hosts, as "HOST" or "HOST:PORT", that are spoken to over plain HTTP, or
  // over HTTPS, because the operator says so, whatever else says otherwise.
  std::set<std::string> plain_http = {};
  std::set<std::string> https = {};
  // Shared by what is opened with it; where it is null, each has its own.
  std::shared_ptr<UploadTraits> upload_traits = {};
  // The rule on where logins may be used.
  LoginPolicy logins = {};
};

struct RegistryOptions {
  // "registry.k8s.io" or "127.0.0.1:5000".
  std::string host;
  // Plain HTTP, because a release says so. Hosts of loopback are spoken to over
  // plain HTTP too, as Docker does, unless `shared` says otherwise.
  bool insecure = false;
  // The caller pushes there. What it may not read with the right to pull alone
  // is then asked for with the right to push, as registries that hide what does
  // not exist want it.
  bool pushes = false;
  // Ends transfers, and waits between them.
  std::stop_token stop = {};
  SharedRegistryOptions shared = {};
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_REGISTRY_OPTIONS_H_
