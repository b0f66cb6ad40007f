// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_MADE_LAYER_H_
#define KSO_TESTS_FAKES_MADE_LAYER_H_

#include "kso/v1/worker.pb.h"

namespace kso::testing {

// A possible result of a MakeLayer task: digests that belong to it, made up
// where they are not known before its members are fetched.
v1::MadeLayer MadeOf(const v1::Task& task);

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_MADE_LAYER_H_
