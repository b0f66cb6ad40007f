// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REGISTRY_OPTIONS_H_
#define KSO_COMMON_OCI_REGISTRY_OPTIONS_H_

#include <memory>
#include <stop_token>
#include <string>

#include "common/oci/stream_refusals.h"
#include "common/oci/token_cache.h"
#include "common/oci/token_realm.h"

namespace kso::oci {

// The options that all registries of a process have in common.
struct TokenOptions {
  // Shared by what is opened with it; where it is null, each has its own.
  std::shared_ptr<TokenCache> cache;
  // The hosts that may give out tokens, besides those of CheckTokenRealm.
  TokenRealms realms;
};

struct RegistryOptions {
  // "registry.k8s.io" or "127.0.0.1:5000".
  std::string host;
  // Plain HTTP. Loopback hosts are spoken to over plain HTTP in any case.
  bool insecure = false;
  // The caller pushes there. What it may not read with the right to pull alone
  // is then asked for with the right to push, as registries that hide what does
  // not exist want it.
  bool pushes = false;
  // Ends transfers, and waits between them.
  std::stop_token stop = {};
  TokenOptions tokens = {};
  // Shared by what is opened with it; where it is null, each has its own.
  std::shared_ptr<StreamRefusals> stream_refusals = {};
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_OPTIONS_H_
