// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RENDER_PHASE_LINES_H_
#define KSO_CLI_RENDER_PHASE_LINES_H_

#include <string>
#include <vector>

#include "kso/v1/build.pb.h"

namespace kso::cli {

// One line for each phase that the build's progress lists, in that order:
// "layers    12/40, 3 running". The lines have no newlines.
std::vector<std::string> PhaseLines(const v1::Build& build);

}  // namespace kso::cli

#endif  // KSO_CLI_RENDER_PHASE_LINES_H_
