// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "cli/commands/builds/build_commands.h"
#include "cli/render/text.h"
#include "common/base/status_macros.h"
#include "common/release/build_request.h"

namespace kso::cli {
namespace {

class Priority : public Command {
 public:
  explicit Priority(Arguments arguments) {
    arguments.Example("ksoctl priority v0.1.0-2.25.1 20",
                      "Give a build four times the share of the others.");
    arguments.Example("ksoctl priority v0.1.0-2.25.1 -10",
                      "Let the others go before it.");
    arguments.Positional("BUILD", &build_,
                         "A running or waiting build's id, the beginning of "
                         "one, or a release's name for its newest build.");
    arguments.PositionalRange(
        "N", &priority_, release::kLowestPriority, release::kHighestPriority,
        absl::StrCat("From ", release::kLowestPriority, " to ",
                     release::kHighestPriority,
                     ". Builds share the workers: 10 more is twice the share. "
                     "Nothing that runs is interrupted."));
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_ASSIGN_OR_RETURN(const v1::Build build,
                         context.coordinator->SetPriority(build_, priority_));
    context.Print(build,
                  absl::StrCat("Build ", Printable(build.build_id()), " of ",
                               Printable(build.name()), " has priority ",
                               build.priority(), ".\n"));
    return ExitStatus::kDone;
  }

 private:
  std::string build_;
  int priority_ = 0;
};

}  // namespace

std::unique_ptr<Command> CreatePriority(Arguments arguments) {
  return std::make_unique<Priority>(arguments);
}

}  // namespace kso::cli
