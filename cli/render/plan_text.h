// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RENDER_PLAN_TEXT_H_
#define KSO_CLI_RENDER_PLAN_TEXT_H_

#include <string>

#include "kso/v1/build.pb.h"

namespace kso::cli {

// The plan of a build, in words, for a person: what a submit would fetch and
// make. Every line ends with a newline.
std::string PlanText(const v1::Build& build);

// Returns whether PlanText has what `event` of that build says, so that who
// reads both reads it twice.
bool PlanTextHas(const v1::Build& build, const v1::Event& event);

}  // namespace kso::cli

#endif  // KSO_CLI_RENDER_PLAN_TEXT_H_
