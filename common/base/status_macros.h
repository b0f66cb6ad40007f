// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BASE_STATUS_MACROS_H_
#define KSO_COMMON_BASE_STATUS_MACROS_H_

#include <utility>  // IWYU pragma: export

#include "absl/status/status.h"    // IWYU pragma: export
#include "absl/status/statusor.h"  // IWYU pragma: export

// Returns from the enclosing function when `expression`, an absl::Status, is an
// error.
#define KSO_RETURN_IF_ERROR(expression)                             \
  do {                                                              \
    if (absl::Status kso_status = (expression); !kso_status.ok()) { \
      return kso_status;                                            \
    }                                                               \
  } while (false)

// Assigns the value of `expression`, an absl::StatusOr, to `target`, or returns
// its error from the enclosing function.
#define KSO_ASSIGN_OR_RETURN(target, expression)                              \
  KSO_ASSIGN_OR_RETURN_IMPL(KSO_STATUS_CONCAT(kso_value_or_error_, __LINE__), \
                            target, expression)

#define KSO_ASSIGN_OR_RETURN_IMPL(temporary, target, expression) \
  auto temporary = (expression);                                 \
  if (!temporary.ok()) return std::move(temporary).status();     \
  target = *std::move(temporary)

#define KSO_STATUS_CONCAT(a, b) KSO_STATUS_CONCAT_IMPL(a, b)
#define KSO_STATUS_CONCAT_IMPL(a, b) a##b

#endif  // KSO_COMMON_BASE_STATUS_MACROS_H_
