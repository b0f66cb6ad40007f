// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_TEXT_H_
#define KSO_TESTS_UPSTREAM_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace kso::upstream {

// Lines of words, exactly `size` bytes: stands for documentation and sources.
std::string MakeText(uint64_t seed, size_t size);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_TEXT_H_
