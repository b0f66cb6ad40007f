// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/builds/build_commands.h"
#include "cli/render/build_text.h"
#include "common/base/status_macros.h"

namespace kso::cli {
namespace {

class Builds : public Command {
 public:
  explicit Builds(Arguments arguments) {
    arguments.Example("ksoctl builds", "All builds, the newest first.");
    arguments.Example("ksoctl builds --output jsonl", "One build a line.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_ASSIGN_OR_RETURN(const v1::ListBuildsResponse builds,
                         context.coordinator->ListBuilds());
    context.Print(builds, BuildsText(builds, context.clock->Now()));
    return ExitStatus::kDone;
  }
};

}  // namespace

std::unique_ptr<Command> CreateBuilds(Arguments arguments) {
  return std::make_unique<Builds>(arguments);
}

}  // namespace kso::cli
