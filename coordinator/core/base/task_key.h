// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_BASE_TASK_KEY_H_
#define KSO_COORDINATOR_CORE_BASE_TASK_KEY_H_

#include <compare>  // IWYU pragma: keep
#include <cstdint>
#include <utility>

#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// A hash of the work of a task, whoever asks for it: tasks with equal keys have
// the same result. 128 bits of a SHA-256.
struct TaskKey {
  uint64_t high = 0;
  uint64_t low = 0;

  friend auto operator<=>(const TaskKey&, const TaskKey&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const TaskKey& key) {
    return H::combine(std::move(state), key.high, key.low);
  }
};

// The key covers the work, the platform, the mirrors and, where something is
// pushed, the destination. It leaves out names, ids, weights and places in
// lists: they are for people, or follow from the rest.
TaskKey TaskKeyOf(const v1::Task& task);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_BASE_TASK_KEY_H_
