// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/builds/build_commands.h"
#include "cli/commands/builds/submission.h"
#include "cli/commands/outcome/ending.h"
#include "common/base/status_macros.h"

namespace kso::cli {
namespace {

class Plan : public Command {
 public:
  explicit Plan(Arguments arguments) {
    arguments.Example(
        "ksoctl plan -f release.yaml",
        "What would be fetched, made and pushed, before a byte moves.");
    arguments.Example("ksoctl plan -f release.yaml --fresh",
                      "The same, if nothing were reused.");
    arguments.Option("-f,--file", &file_, "FILE", "The release.yaml to plan.",
                     Arguments::Need::kRequired);
    arguments.Flag("--fresh", &options_.fresh,
                   "Plan as if no earlier build had left anything at the "
                   "destination.");
    options_.plan_only = true;
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_ASSIGN_OR_RETURN(const Submission submission,
                         SubmitRelease(context, file_, options_));
    return WatchToTheEnd(context, submission.build);
  }

 private:
  std::string file_;
  SubmissionOptions options_;
};

}  // namespace

std::unique_ptr<Command> CreatePlan(Arguments arguments) {
  return std::make_unique<Plan>(arguments);
}

}  // namespace kso::cli
