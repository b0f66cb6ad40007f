// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/builds/build_commands.h"
#include "cli/commands/outcome/ending.h"
#include "cli/commands/outcome/follow.h"
#include "cli/render/result_text.h"
#include "common/base/status_macros.h"

namespace kso::cli {
namespace {

class Watch : public Command {
 public:
  explicit Watch(Arguments arguments) {
    arguments.Example("ksoctl watch v0.1.0-2.25.1",
                      "Follow the newest build of a release.");
    arguments.Example("ksoctl watch 20240131",
                      "Follow the build whose id begins so.");
    arguments.Positional("BUILD", &build_,
                         "A build's id, the beginning of one, or a release's "
                         "name for its newest build.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    const auto view = context.CreateProgress();
    FollowOptions options;
    if (context.shows_terminal()) options.wait = kTerminalWait;
    KSO_ASSIGN_OR_RETURN(const v1::Build build,
                         FollowBuild(*context.coordinator, build_,
                                     context.clock, *view, options));
    std::string text = ResultText(build);
    if (IsForThisMachine(build.destination()) &&
        build.state() == v1::Build::SUCCEEDED) {
      text += "Bring the images here: ksoctl export " + build.build_id() + "\n";
    }
    context.Print(build, text);
    return ExitStatusOf(build);
  }

 private:
  std::string build_;
};

}  // namespace

std::unique_ptr<Command> CreateWatch(Arguments arguments) {
  return std::make_unique<Watch>(arguments);
}

}  // namespace kso::cli
