// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_DIFF_DIFF_TEXT_H_
#define KSO_CLI_DIFF_DIFF_TEXT_H_

#include <string>

#include "common/diff/compare.h"
#include "nlohmann/json_fwd.hpp"

namespace kso::cli {

// The difference in words, for the person who approves a transfer: what is
// added (+), dropped (-) and changed (~), and the bytes of it as far as they
// are known. Every line ends with a newline.
std::string DiffText(const diff::ContentsDiff& diff);

// The same for programs, as docs/json.md has it.
nlohmann::ordered_json DiffJson(const diff::ContentsDiff& diff);

}  // namespace kso::cli

#endif  // KSO_CLI_DIFF_DIFF_TEXT_H_
