// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_HISTORY_H_
#define KSO_TESTS_FAULT_HISTORY_H_

#include <cstdint>
#include <string>
#include <vector>

namespace kso::testing {

// A fault that is planted in kso itself, to see that the invariants find it.
enum class Mutation {
  kNone,
  // The journal says that finished tasks are durable, and forgets them.
  kForgetfulStore,
  // Workers say that they pushed layers that they did not push, and the
  // destination takes every manifest and says that it has every blob.
  kLyingWorkers,
};

struct HistoryOptions {
  uint64_t seed = 0;
  Mutation mutation = Mutation::kNone;
  // Tells whether every line of the story is kept.
  bool keep_story = false;
};

struct HistoryReport {
  // The invariants that did not hold; empty when all is well.
  std::vector<std::string> broken;
  std::vector<std::string> story;
  // A hash of the story: equal when the same happened.
  uint64_t fingerprint = 0;
  int builds = 0;
  int succeeded = 0;
  int tasks_finished = 0;
  int coordinator_starts = 0;
};

// Lives through a history of a small farm: two or three builds with much in
// common, three to five workers, people who watch, cancel and retry, and the
// faults of the seed; then everything is mended, and all must come to an end.
// The same options give the same history.
HistoryReport RunHistory(const HistoryOptions& options);

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_HISTORY_H_
