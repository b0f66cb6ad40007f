// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_STATE_TEXT_H_
#define KSO_TESTS_FAULT_STATE_TEXT_H_

#include <string>

#include "coordinator/core/state/state.h"

namespace kso::testing {

// All of a state that decisions or answers depend on, as lines: two states are
// alike when their texts are the same. `with_delays`: also until when tasks
// wait, which may be for what befell a task of another build.
std::string StateText(const coordinator::State& state, bool with_delays);

// The first line that differs, of both; empty when none does.
std::string FirstDifference(const std::string& a, const std::string& b);

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_STATE_TEXT_H_
