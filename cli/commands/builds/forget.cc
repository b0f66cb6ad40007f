// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "cli/commands/builds/build_commands.h"
#include "cli/render/text.h"
#include "common/base/status_macros.h"
#include "common/text/text.h"

namespace kso::cli {
namespace {

class Forget : public Command {
 public:
  explicit Forget(Arguments arguments) {
    arguments.Example("ksoctl forget 20261130-1200-4f2a",
                      "Make room once a build's images are at home.");
    arguments.Positional("BUILD", &build_,
                         "The id of a build of yours that has ended, or the "
                         "beginning of it. An admin may name anybody's.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_ASSIGN_OR_RETURN(const v1::ForgetBuildResponse forgotten,
                         context.coordinator->ForgetBuild(build_));
    context.Print(
        forgotten,
        absl::StrCat("Build ", Printable(forgotten.build_id()), " of ",
                     Printable(forgotten.name()), " is forgotten, and ",
                     FormatBytes(forgotten.freed_bytes()),
                     " of the coordinator's disk with it.\n"));
    return ExitStatus::kDone;
  }

 private:
  std::string build_;
};

}  // namespace

std::unique_ptr<Command> CreateForget(Arguments arguments) {
  return std::make_unique<Forget>(arguments);
}

}  // namespace kso::cli
