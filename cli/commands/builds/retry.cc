// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/builds/build_commands.h"
#include "cli/commands/outcome/ending.h"
#include "common/base/status_macros.h"

namespace kso::cli {
namespace {

class Retry : public Command {
 public:
  explicit Retry(Arguments arguments) {
    arguments.Example("ksoctl retry v0.1.0-2.25.1 --wait",
                      "Run what failed again, and watch it.");
    arguments.Positional("BUILD", &build_,
                         "A failed or cancelled build's id, the beginning of "
                         "one, or a release's name.");
    arguments.Flag("--wait", &wait_, "Watch the build to its end.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_ASSIGN_OR_RETURN(const v1::Build build,
                         context.coordinator->RetryBuild(build_));
    if (!wait_) return LeaveRunning(context, build);
    return WatchToTheEnd(context, build);
  }

 private:
  std::string build_;
  bool wait_ = false;
};

}  // namespace

std::unique_ptr<Command> CreateRetry(Arguments arguments) {
  return std::make_unique<Retry>(arguments);
}

}  // namespace kso::cli
