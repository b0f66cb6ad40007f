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

// Results for those of `tasks` that need not ask the host of a file, by task
// id: the list states the file's checksum, and a layer of the newest release at
// the destination has that content. The checksum determines the file, and its
// size is remembered. The results have no validators, since nobody asked the
// host. A pure function.
absl::flat_hash_map<std::string, v1::ReusedResult> KnownFiles(
    const Memo& memo, const v1::Destination& destination,
    const std::vector<v1::Task>& tasks);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_KNOWN_FILES_H_
