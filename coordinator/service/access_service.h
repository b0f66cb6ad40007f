// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_SERVICE_ACCESS_SERVICE_H_
#define KSO_COORDINATOR_SERVICE_ACCESS_SERVICE_H_

#include <memory>

#include "coordinator/access/access_gate.h"
#include "coordinator/access/token_store.h"
#include "grpcpp/impl/service_type.h"

namespace kso::coordinator {

// AccessService over the tokens and the audit log of a farm, which must outlive
// it. A thread of its own waits for the disk; calls that have come are answered
// before it goes.
std::unique_ptr<grpc::Service> CreateAccessService(const Doors& doors,
                                                   TokenStore* tokens);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_SERVICE_ACCESS_SERVICE_H_
