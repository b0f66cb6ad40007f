// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_WORKER_HISTORY_H_
#define KSO_TESTS_FAULT_WORKER_HISTORY_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace kso::testing {

// Simulated lives of one worker.

struct WorkerReport {
  // The invariants that did not hold; empty when all is well.
  std::vector<std::string> broken;
  int tasks_done = 0;
  int tasks_failed = 0;
};

// Lives through a history of one worker: its real code for tasks and its real
// cache in `directory`, against hosts and registries that fail as the seed
// says, on a disk that fills up, rots and is left in the middle of things.
// Neither cache nor destination may ever give a wrong byte, each task ends, and
// when the faults end each succeeds.
WorkerReport RunWorkerHistory(uint64_t seed,
                              const std::filesystem::path& directory);

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_WORKER_HISTORY_H_
