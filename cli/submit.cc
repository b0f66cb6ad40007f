#include "cli/commands.h"
#include "cli/ending.h"
#include "cli/submission.h"
#include "common/base/status_macros.h"

namespace kso::cli {
namespace {

class Submit : public Command {
 public:
  explicit Submit(Arguments arguments) {
    arguments.Option("-f,--file", &file_, "FILE", "The release.yaml to build.",
                     Arguments::Need::kRequired);
    arguments.Flag("--wait", &wait_,
                   "Watch the build to its end, and bring the images here if "
                   "they are for this machine.");
    arguments.Option("--id", &id_, "ID",
                     "The build's id, of a-z, 0-9 and -. Submitting the same "
                     "id again starts nothing new.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_ASSIGN_OR_RETURN(const v1::Build build,
                         SubmitRelease(context, file_, id_, false));
    if (!wait_) return LeaveRunning(context, build);
    return WatchToTheEnd(context, build);
  }

 private:
  std::string file_;
  std::string id_;
  bool wait_ = false;
};

}  // namespace

std::unique_ptr<Command> CreateSubmit(Arguments arguments) {
  return std::make_unique<Submit>(arguments);
}

}  // namespace kso::cli
