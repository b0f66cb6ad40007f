// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/faults.h"

namespace kso::testing {
namespace {

class Drawer {
 public:
  explicit Drawer(Dice& dice) : dice_(dice) {}

  void Probability(double& fault, double highest) {
    const double drawn = highest * dice_.Between(1, 100) / 100;
    if (dice_.Chance(0.5)) fault = drawn;
  }
  void MeanTime(absl::Duration& fault, absl::Duration shortest) {
    const absl::Duration drawn = dice_.Between(shortest, shortest * 10);
    if (dice_.Chance(0.5)) fault = drawn;
  }

 private:
  Dice& dice_;
};

}  // namespace

Faults DrawFaults(Dice& dice) {
  Faults faults;
  Drawer draw(dice);
  draw.Probability(faults.lost_message, 0.2);
  draw.Probability(faults.doubled_message, 0.2);
  if (dice.Chance(0.5)) {
    faults.slowest_message =
        dice.Between(absl::Milliseconds(20), absl::Seconds(20));
  }
  draw.MeanTime(faults.between_partitions, absl::Seconds(20));
  draw.Probability(faults.failed_commit, 0.05);
  draw.Probability(faults.crash_after_commit, 0.05);
  draw.MeanTime(faults.between_coordinator_kills, absl::Seconds(15));
  draw.MeanTime(faults.between_clock_jumps, absl::Seconds(60));
  draw.MeanTime(faults.between_worker_kills, absl::Seconds(15));
  draw.MeanTime(faults.between_drains, absl::Seconds(30));
  draw.MeanTime(faults.between_full_disks, absl::Seconds(30));
  draw.Probability(faults.slow_task, 0.1);
  draw.Probability(faults.failed_task, 0.2);
  draw.Probability(faults.failed_upstream, 0.3);
  if (dice.Chance(0.2)) faults.missing_upstream = 0.02;
  draw.Probability(faults.failed_destination, 0.1);
  draw.MeanTime(faults.between_lost_blobs, absl::Seconds(15));
  draw.MeanTime(faults.between_cancels, absl::Seconds(60));
  draw.MeanTime(faults.between_retries, absl::Seconds(30));
  draw.MeanTime(faults.between_lost_clients, absl::Seconds(30));
  return faults;
}

}  // namespace kso::testing
