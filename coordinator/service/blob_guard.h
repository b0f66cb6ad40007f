// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_SERVICE_BLOB_GUARD_H_
#define KSO_COORDINATOR_SERVICE_BLOB_GUARD_H_

#include "common/blob/blob_service.h"
#include "coordinator/access/access_gate.h"
#include "coordinator/engine/engine.h"

namespace kso::coordinator {

// Lets a worker use the farm's blob store only while it holds a lease: what it
// puts there and reads there is for a task of its own. Who may view builds may
// read; on an open farm, which cannot tell workers apart, everybody may all of
// it. Refused writes are in the audit log. `engine` must outlive the guard, and
// is waited for.
BlobGuard CreateBlobGuard(Engine* engine, const Doors& doors);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_SERVICE_BLOB_GUARD_H_
