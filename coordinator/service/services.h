// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_SERVICE_SERVICES_H_
#define KSO_COORDINATOR_SERVICE_SERVICES_H_

#include <memory>
#include <vector>

#include "coordinator/access/access_gate.h"
#include "coordinator/engine/engine.h"
#include "grpcpp/impl/service_type.h"

namespace kso::coordinator {

// BuildService, WorkerService and AdminService over an engine. They translate,
// and decide nothing. `engine` must outlive them, and must be stopped before
// the server is shut down, so that parked calls end.
// The gate has checked before that the caller may call the method
// (access_gate.h). Services hold a worker to its own name, and write changes of
// the farm to the audit log.
std::vector<std::unique_ptr<grpc::Service>> CreateServices(
    Engine* engine, const Doors& doors = OpenDoors());

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_SERVICE_SERVICES_H_
