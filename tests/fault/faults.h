// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_FAULTS_H_
#define KSO_TESTS_FAULT_FAULTS_H_

#include "absl/time/time.h"
#include "tests/fault/dice.h"

namespace kso::testing {

// The faults of a history: probabilities for each message, call, commit or
// task, and mean times between incidents (infinite: never).
struct Faults {
  // Faults of the network between the coordinator and everybody else.
  double lost_message = 0;
  double doubled_message = 0;
  absl::Duration slowest_message = absl::Milliseconds(5);
  absl::Duration between_partitions = absl::InfiniteDuration();

  // Faults of the coordinator and its disk.
  double failed_commit = 0;
  // The commit is durable, and its answer is lost.
  double crash_after_commit = 0;
  absl::Duration between_coordinator_kills = absl::InfiniteDuration();
  absl::Duration between_clock_jumps = absl::InfiniteDuration();

  // Faults of the workers.
  absl::Duration between_worker_kills = absl::InfiniteDuration();
  absl::Duration between_drains = absl::InfiniteDuration();
  absl::Duration between_full_disks = absl::InfiniteDuration();
  double slow_task = 0;
  double failed_task = 0;

  // Faults of upstream and of the destination.
  double failed_upstream = 0;
  double missing_upstream = 0;
  double failed_destination = 0;
  absl::Duration between_lost_blobs = absl::InfiniteDuration();

  // The actions of people.
  absl::Duration between_cancels = absl::InfiniteDuration();
  absl::Duration between_retries = absl::InfiniteDuration();
  absl::Duration between_lost_clients = absl::InfiniteDuration();
};

// Each kind of fault in about half of the histories, so that each goes alone
// and with each other.
Faults DrawFaults(Dice& dice);

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_FAULTS_H_
