// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_IMAGES_IMAGE_COMMANDS_H_
#define KSO_CLI_COMMANDS_IMAGES_IMAGE_COMMANDS_H_

#include <memory>

#include "cli/arguments.h"
#include "cli/commands/command.h"

namespace kso::cli {

// The commands about finished images, on their way inside (see command.h).
std::unique_ptr<Command> CreateExport(Arguments arguments);
std::unique_ptr<Command> CreateLoad(Arguments arguments);
std::unique_ptr<Command> CreateVerify(Arguments arguments);
std::unique_ptr<Command> CreateSign(Arguments arguments);
std::unique_ptr<Command> CreateSummary(Arguments arguments);
std::unique_ptr<Command> CreateReleases(Arguments arguments);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_IMAGES_IMAGE_COMMANDS_H_
