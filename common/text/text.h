// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_TEXT_TEXT_H_
#define KSO_COMMON_TEXT_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace kso {

// How all programs put things to people.

// "812 B", "1.5 GiB"; "unknown" below zero.
std::string FormatBytes(int64_t bytes);

// "1 layer", "3 layers".
std::string Count(int64_t count, std::string_view noun);

// `digits` random hexadecimal digits, for names that no other has: 16 are
// enough among those of one machine, 32 everywhere. Not a secret. May be called
// from any thread.
std::string RandomHex(int digits);

}  // namespace kso

#endif  // KSO_COMMON_TEXT_TEXT_H_
