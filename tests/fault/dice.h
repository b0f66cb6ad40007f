// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_DICE_H_
#define KSO_TESTS_FAULT_DICE_H_

#include <cstdint>
#include <iterator>

#include "absl/time/time.h"
#include "tests/upstream/random.h"

namespace kso::testing {

// The random numbers of a history: the same seed gives the same ones on any
// machine. Not thread safe.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}

  // A random number between the two, both included.
  int Between(int low, int high) {
    return static_cast<int>(random_.Between(0, high - low)) + low;
  }
  absl::Duration Between(absl::Duration low, absl::Duration high) {
    const int64_t span = absl::ToInt64Microseconds(high - low);
    return low +
           absl::Microseconds(static_cast<int64_t>(random_.Between(0, span)));
  }
  bool Chance(double probability) {
    return static_cast<double>(random_.Next() >> 11) * 0x1p-53 < probability;
  }
  template <typename List>
  auto& Pick(List& list) {
    return list[random_.Between(0, std::size(list) - 1)];
  }
  uint64_t Next() { return random_.Next(); }
  // Makes dice for one part of a simulation, whose throws do not change those
  // of other parts.
  Dice Fork() { return Dice(random_.Next()); }

 private:
  upstream::Random random_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_DICE_H_
