// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "cli/commands/commands.h"
#include "cli/render/text.h"
#include "cli/render/workers_text.h"
#include "common/base/status_macros.h"

namespace kso::cli {
namespace {

class Workers : public Command {
 public:
  explicit Workers(Arguments arguments)
      : drain_(arguments.Subcommand(
            "drain",
            "Let a worker finish what it holds, and give it nothing more.")) {
    drain_.Positional("WORKER", &name_,
                      "The worker's name, as `ksoctl workers` shows it.");
    arguments.Example("ksoctl workers", "Who is there, and what they do.");
    drain_.Example("ksoctl workers drain build-2", "Before it is rebooted.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    if (drain_.Chosen()) {
      KSO_RETURN_IF_ERROR(context.coordinator->DrainWorker(name_));
      context.Print(
          v1::DrainWorkerResponse(),
          absl::StrCat("Worker ", Printable(name_),
                       " finishes what it holds and is given nothing more, "
                       "until it is started again.\n"));
      return ExitStatus::kDone;
    }
    KSO_ASSIGN_OR_RETURN(const v1::ListWorkersResponse workers,
                         context.coordinator->ListWorkers());
    context.Print(workers, WorkersText(workers, context.clock->Now()));
    return ExitStatus::kDone;
  }

 private:
  Arguments drain_;
  std::string name_;
};

}  // namespace

std::unique_ptr<Command> CreateWorkers(Arguments arguments) {
  return std::make_unique<Workers>(arguments);
}

}  // namespace kso::cli
