// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_HISTORY_SIMULATE_H_
#define KSO_TESTS_HISTORY_SIMULATE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace kso::testing {

// The outcome of one release of a simulated history. Bytes are those of members
// before compression, without links and configuration.
struct SimulatedRelease {
  bool minor = false;
  int files_changed = 0;
  int images_changed = 0;
  // In layers that the release before did not have.
  int64_t pushed = 0;
  // Files and blobs of an architecture that the release before did not have.
  int64_t changed = 0;
  int64_t wanted = 0;
  int64_t dead = 0;
  // The largest part of an image's data that is dead.
  double worst_dead_part = 0;
  int file_layers = 0;
  // Of the architecture that has more.
  int image_layers = 0;
  // Of the variant with all architectures.
  int all_layers = 0;
  // All layers and their order, as one digest.
  std::string digest;
};

// Plans `releases` releases one after the other as the coordinator does, with a
// memo and a destination that has what was made; every tenth is a minor one.
// What a task makes is taken to be as large as its members. `together` as for
// ReleaseHistory.
std::vector<SimulatedRelease> SimulateHistory(int releases, uint32_t seed,
                                              bool together = true);

}  // namespace kso::testing

#endif  // KSO_TESTS_HISTORY_SIMULATE_H_
