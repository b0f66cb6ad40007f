// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_SERVICE_BACKUP_SERVICE_H_
#define KSO_COORDINATOR_SERVICE_BACKUP_SERVICE_H_

#include <filesystem>
#include <memory>

#include "common/run/clock.h"
#include "coordinator/access/access_gate.h"
#include "grpcpp/impl/service_type.h"

namespace kso::coordinator {

// Serves backups of a state directory, one at a time. Journal and tokens are
// copied as of one moment each; what invitations and the audit log have goes
// along. Blobs, which builds make again, and what belongs to a running process
// do not. `state_directory` is there; all that `doors` names and `clock` must
// outlive it.
std::unique_ptr<grpc::Service> CreateBackupService(
    const std::filesystem::path& state_directory, const Doors& doors,
    Clock* clock);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_SERVICE_BACKUP_SERVICE_H_
