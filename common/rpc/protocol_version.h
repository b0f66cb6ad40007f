// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RPC_PROTOCOL_VERSION_H_
#define KSO_COMMON_RPC_PROTOCOL_VERSION_H_

#include <string_view>

#include "absl/status/status.h"

namespace kso::rpc {

// The version of proto/kso/v1 that this program speaks. It counts up with each
// change after which programs of the version before would do something wrong
// with what they do not know, rather than do without it. Programs from before
// there was a number say 0.
inline constexpr int kProtocol = 1;

// OK when a program that speaks `theirs` and this one work together: their
// versions are at most one apart. FAILED_PRECONDITION says which of the two is
// to be upgraded. `them` is for people: "the coordinator", "worker box-1".
absl::Status CheckProtocol(int theirs, std::string_view them,
                           std::string_view us, int ours = kProtocol);

}  // namespace kso::rpc

#endif  // KSO_COMMON_RPC_PROTOCOL_VERSION_H_
