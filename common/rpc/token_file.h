// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RPC_TOKEN_FILE_H_
#define KSO_COMMON_RPC_TOKEN_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace kso::rpc {

// A client's bearer token from `file`, where that is named, and otherwise from
// $KSO_TOKEN; empty where that is not set. Blanks and line breaks around it are
// dropped. PERMISSION_DENIED when others can read the file; INVALID_ARGUMENT
// for what is no token. Messages never show it.
absl::StatusOr<std::string> ReadToken(const std::string& file);

}  // namespace kso::rpc

#endif  // KSO_COMMON_RPC_TOKEN_FILE_H_
