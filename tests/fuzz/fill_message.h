// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FUZZ_FILL_MESSAGE_H_
#define KSO_TESTS_FUZZ_FILL_MESSAGE_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "tests/fuzz/input.h"

namespace kso::fuzz {

// Fills any message as `input` decides. Texts are mostly among `words`, so that
// names meet, and always valid UTF-8, since protobuf lets no other pass.
void FillMessage(Input& input, const std::vector<std::string>& words,
                 google::protobuf::Message& message);

// A text for a field: one of `words`, or others.
std::string FillText(Input& input, const std::vector<std::string>& words);

}  // namespace kso::fuzz

#endif  // KSO_TESTS_FUZZ_FILL_MESSAGE_H_
