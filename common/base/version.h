// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BASE_VERSION_H_
#define KSO_COMMON_BASE_VERSION_H_

#include <string_view>

namespace kso {

// Of all three programs; they are released together.
inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace kso

#endif  // KSO_COMMON_BASE_VERSION_H_
