// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_SIGNED_URL_H_
#define KSO_TESTS_UPSTREAM_SIGNED_URL_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace kso::upstream {

// The query string that opens `path` until `expiry`, in the manner of object
// stores: without it the second origins give nothing away.
std::string SignQuery(std::string_view key, std::string_view path,
                      absl::Time expiry);

// Returns whether the parameters that SignQuery made are right for `path` at
// `now`.
bool IsSigned(std::string_view key, std::string_view path,
              std::string_view expires, std::string_view signature,
              absl::Time now);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_SIGNED_URL_H_
