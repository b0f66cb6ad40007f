// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_STATE_TEXT_H_
#define KSO_TESTS_FAULT_STATE_TEXT_H_

#include <string>

#include "coordinator/core/state/state.h"

namespace kso::testing {

// A state as lines: everything that decisions or answers depend on, so that two
// states are alike when their texts are equal. `with_delays`: the times until
// which tasks wait are included; a task may wait for a failure of an identical
// task of another build.
std::string StateText(const coordinator::State& state, bool with_delays);

// The first line in which the two differ, from both; empty when none does.
std::string FirstDifference(const std::string& a, const std::string& b);

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_STATE_TEXT_H_
