// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_KNOWN_FILES_H_
#define KSO_COORDINATOR_CORE_PLAN_KNOWN_FILES_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "coordinator/core/memory/memo.h"
#include "kso/v1/journal.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// Of `tasks`, the files that need not be asked for, by task id: those whose
// checksum the list states and whose content is in a layer of the newest
// release at the destination. What a file is follows from its checksum, and its
// size is remembered. Their results have no validators: upstream says nothing
// of them. Pure.
absl::flat_hash_map<std::string, v1::ReusedResult> KnownFiles(
    const Memo& memo, const v1::Destination& destination,
    const std::vector<v1::Task>& tasks);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_KNOWN_FILES_H_
