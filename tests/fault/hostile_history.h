// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_HOSTILE_HISTORY_H_
#define KSO_TESTS_FAULT_HOSTILE_HISTORY_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace kso::testing {

// The outcome of a history in which everything outside answers as it likes.
struct HostileReport {
  // The invariants that did not hold; empty when all is well.
  std::vector<std::string> broken;
  // The failures of builds, as people read them.
  std::vector<std::string> failures;
  int builds = 0;
  int succeeded = 0;
  int64_t requests = 0;
};

// Lives through a history of the real coordinator's engine and assembly, and of
// the real tasks of two workers, with upstream hosts, upstream registries and a
// destination that answer as HostileAnswers says. Every message between
// coordinator and workers, and every record of the journal, is written and read
// back, as the wire and the disk do. Then
//
//   - the coordinator starts again from its journal,
//   - every worker still syncs,
//   - every build has ended, and one that failed says why in printable, bounded
//     words that name an item,
//   - a build from hosts that mean well succeeds.
//
// `directory` is for the workers' files. The same seed gives the same history.
HostileReport RunHostileHistory(uint64_t seed,
                                const std::filesystem::path& directory);

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_HOSTILE_HISTORY_H_
