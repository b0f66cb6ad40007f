// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "cli/commands/builds/build_commands.h"
#include "cli/render/build_text.h"
#include "cli/render/text.h"
#include "common/base/status_macros.h"

namespace kso::cli {
namespace {

class Cancel : public Command {
 public:
  explicit Cancel(Arguments arguments) {
    arguments.Example("ksoctl cancel v0.1.0-2.25.1",
                      "Stop a release's newest build.");
    arguments.Positional("BUILD", &build_,
                         "A build's id, the beginning of one, or a release's "
                         "name for its newest build.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_ASSIGN_OR_RETURN(const v1::Build build,
                         context.coordinator->CancelBuild(build_));
    context.Print(
        build,
        absl::StrCat("Build ", Printable(build.build_id()), " of ",
                     Printable(build.name()), " is ", StateName(build.state()),
                     build.phase() == v1::TAG
                         ? "; tags that were pushed before stay.\n"
                         : "; no tag is pushed.\n"));
    return ExitStatus::kDone;
  }

 private:
  std::string build_;
};

}  // namespace

std::unique_ptr<Command> CreateCancel(Arguments arguments) {
  return std::make_unique<Cancel>(arguments);
}

}  // namespace kso::cli
