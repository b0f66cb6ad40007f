// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CARRY_LOAD_TEXT_H_
#define KSO_CLI_CARRY_LOAD_TEXT_H_

#include <string>

#include "cli/carry/archive_loader.h"
#include "kso/v1/types.pb.h"
#include "nlohmann/json_fwd.hpp"

namespace kso::cli {

// The outcome of a load, for people: the images by reference and digest, what
// moved, and what could not be done. Every line ends with a newline.
std::string LoadText(const v1::Destination& destination,
                     const LoadReport& report);

// The same for programs (docs/json.md).
nlohmann::ordered_json LoadJson(const v1::Destination& destination,
                                const LoadReport& report);

}  // namespace kso::cli

#endif  // KSO_CLI_CARRY_LOAD_TEXT_H_
