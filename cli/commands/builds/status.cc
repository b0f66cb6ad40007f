// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/builds/build_commands.h"
#include "cli/render/build_text.h"
#include "common/base/status_macros.h"

namespace kso::cli {
namespace {

class StatusCommand : public Command {
 public:
  explicit StatusCommand(Arguments arguments) {
    arguments.Example("ksoctl status", "The newest build.");
    arguments.Example("ksoctl status v0.1.0-2.25.1 --output json",
                      "A release's newest build, for a program.");
    arguments.Positional("BUILD", &build_,
                         "A build's id, the beginning of one, or a release's "
                         "name; the newest build when left out.",
                         Arguments::Need::kOptional);
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_ASSIGN_OR_RETURN(const v1::Build build, Find(context));
    context.Print(build, StatusText(build, context.clock->Now()));
    return ExitStatus::kDone;
  }

 private:
  absl::StatusOr<v1::Build> Find(Context& context) const {
    if (!build_.empty()) return context.coordinator->GetBuild(build_);
    KSO_ASSIGN_OR_RETURN(const v1::ListBuildsResponse builds,
                         context.coordinator->ListBuilds());
    if (builds.builds().empty()) {
      return absl::NotFoundError(
          "there is no build yet; start one with `ksoctl submit -f "
          "release.yaml`");
    }
    return builds.builds(0);
  }

  std::string build_;
};

}  // namespace

std::unique_ptr<Command> CreateStatus(Arguments arguments) {
  return std::make_unique<StatusCommand>(arguments);
}

}  // namespace kso::cli
