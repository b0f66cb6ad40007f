// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_SERVICE_ENROLLMENT_SERVICE_H_
#define KSO_COORDINATOR_SERVICE_ENROLLMENT_SERVICE_H_

#include <memory>

#include "coordinator/access/access_gate.h"
#include "coordinator/access/enrollment.h"
#include "grpcpp/impl/service_type.h"

namespace kso::coordinator {

// EnrollmentService over an enrollment, which is null where the coordinator has
// no issuer, and the doors; both must outlive it. A thread of its own signs and
// waits for the disk. Since joining is open to strangers, only so many calls
// wait for it; more are refused with RESOURCE_EXHAUSTED.
std::unique_ptr<grpc::Service> CreateEnrollmentService(const Doors& doors,
                                                       Enrollment* enrollment);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_SERVICE_ENROLLMENT_SERVICE_H_
