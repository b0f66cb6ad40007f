// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_FARM_AUTHENTICATOR_H_
#define KSO_COORDINATOR_ACCESS_FARM_AUTHENTICATOR_H_

#include <memory>
#include <string>
#include <vector>

#include "common/access/identity_uri.h"
#include "coordinator/access/authenticator.h"
#include "coordinator/access/bearer_source.h"
#include "coordinator/access/revocations.h"

namespace kso::coordinator {

// The sources of identities that a farm has.
struct IdentitySources {
  // Client certificates are verified (--client-ca), and those of this trust
  // domain are identities.
  bool certificates = false;
  std::string trust_domain{access::kDefaultTrustDomain};
  // Null: none is revoked. Must outlive the authenticator.
  const Revocations* revocations = nullptr;
  // Asked in this order. They must outlive the authenticator.
  std::vector<const BearerSource*> bearers{};
};

// The authenticator of a coordinator.
std::unique_ptr<Authenticator> CreateAuthenticator(IdentitySources sources);

// The one of a farm without identities, for tests and tools. Lives for ever.
const Authenticator* OpenAuthenticator();

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_FARM_AUTHENTICATOR_H_
