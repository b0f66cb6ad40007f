// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RUN_EXCEPTIONS_H_
#define KSO_COMMON_RUN_EXCEPTIONS_H_

#include <type_traits>

#include "absl/status/status.h"

namespace kso {

// kso throws nothing, but the standard library and others do: for want of
// memory, of a thread, or for a length that nothing has. An exception that
// nobody catches ends the process, so what runs for one task, build or call is
// run through WithoutExceptions.

// The exception that is being handled, as an error: memory is exhausted
// (status_notes.h) after std::bad_alloc; RESOURCE_EXHAUSTED without a note
// where the system refused for now; INTERNAL with its words otherwise. To be
// called in a catch block.
absl::Status StatusOfException();

// Returns what `work` returns, an absl::Status or absl::StatusOr, or what it
// throws as an error.
template <typename Work>
std::invoke_result_t<Work&> WithoutExceptions(Work&& work) {
  try {
    return work();
  } catch (...) {
    return StatusOfException();
  }
}

}  // namespace kso

#endif  // KSO_COMMON_RUN_EXCEPTIONS_H_
