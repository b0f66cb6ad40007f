// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_RANDOM_H_
#define KSO_TESTS_UPSTREAM_RANDOM_H_

#include <cstdint>

namespace kso::upstream {

// SplitMix64. The standard library's distributions may differ between
// implementations; content must not.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // Uniform enough in [low, high]; both ends included.
  uint64_t Between(uint64_t low, uint64_t high) {
    return low + Next() % (high - low + 1);
  }

 private:
  uint64_t state_;
};

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_RANDOM_H_
