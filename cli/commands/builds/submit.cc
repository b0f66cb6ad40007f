// SPDX-License-Identifier: Apache-2.0
#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/commands/builds/build_commands.h"
#include "cli/commands/builds/submission.h"
#include "cli/commands/outcome/ending.h"
#include "cli/render/build_metrics.h"
#include "common/base/status_macros.h"
#include "common/files/small_file.h"
#include "common/release/build_request.h"

namespace kso::cli {
namespace {

class Submit : public Command {
 public:
  explicit Submit(Arguments arguments) {
    arguments.Example("ksoctl submit -f release.yaml --wait",
                      "Build a release and watch it to its end.");
    arguments.Example("ksoctl submit -f release.yaml --wait --output jsonl",
                      "In CI: a JSON object a line, as things happen.");
    arguments.Example("ksoctl submit -f release.yaml --id ci-1234",
                      "Start it under a name of your own, and go on.");
    arguments.Option("-f,--file", &file_, "FILE", "The release.yaml to build.",
                     Arguments::Need::kRequired);
    arguments.Flag("--wait", &wait_,
                   "Watch the build to its end, and bring the images here if "
                   "they are for this machine.");
    arguments.Option("--metrics-file", &metrics_file_, "FILE",
                     "With --wait: write metrics of the build there, for the "
                     "textfile collector of Prometheus's node_exporter.");
    arguments.Option("--id", &options_.build_id, "ID",
                     "The build's id, of a-z, 0-9 and -. Submitting the same "
                     "id again starts nothing new, and neither does the same "
                     "release while it is being built.");
    arguments.Flag("--fresh", &options_.fresh,
                   "Make every layer and verify every image, also those that "
                   "an earlier build left at the destination.");
    arguments.Range("--priority", &options_.priority, release::kLowestPriority,
                    release::kHighestPriority, "N",
                    absl::StrCat("From ", release::kLowestPriority, " to ",
                                 release::kHighestPriority,
                                 ", 0 unless given. Builds share the workers: "
                                 "10 more is twice the share."));
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    if (!metrics_file_.empty() && !wait_) {
      return absl::InvalidArgumentError(
          "--metrics-file tells of a build that has ended; add --wait");
    }
    KSO_ASSIGN_OR_RETURN(const Submission submission,
                         SubmitRelease(context, file_, options_));
    if (submission.joined && !context.json && !context.quiet) {
      *context.console.out << "Joined build " << submission.build.build_id()
                           << ": the same request was submitted before, and "
                              "still runs."
                           << std::endl;
    }
    if (!wait_) return LeaveRunning(context, submission.build);
    const absl::StatusOr<ExitStatus> status =
        WatchToTheEnd(context, submission.build, &submission.destination);
    if (status.ok() && !metrics_file_.empty()) {
      KSO_RETURN_IF_ERROR(WriteMetrics(context, submission.build.build_id()));
    }
    return status;
  }

 private:
  // The collector reads the file at any time, so it is replaced whole.
  absl::Status WriteMetrics(Context& context, const std::string& build) const {
    KSO_ASSIGN_OR_RETURN(const v1::Build ended,
                         context.coordinator->GetBuild(build));
    return ReplaceSmallFile(metrics_file_, BuildMetrics(ended),
                            kPublicFileMode);
  }

  std::string file_;
  std::string metrics_file_;
  SubmissionOptions options_;
  bool wait_ = false;
};

}  // namespace

std::unique_ptr<Command> CreateSubmit(Arguments arguments) {
  return std::make_unique<Submit>(arguments);
}

}  // namespace kso::cli
