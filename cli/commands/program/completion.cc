// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "cli/commands/program/completion_script.h"
#include "cli/commands/program/program_commands.h"

namespace kso::cli {
namespace {

class CompletionCommand : public Command {
 public:
  explicit CompletionCommand(Arguments arguments) {
    arguments.PositionalChoice("SHELL", &shell_, {"bash", "zsh", "fish"},
                               "bash, zsh or fish.");
    arguments.Example("ksoctl completion bash",
                      "For this shell: source <(ksoctl completion bash)");
    arguments.Example("ksoctl completion fish",
                      "For good: ksoctl completion fish > "
                      "~/.config/fish/completions/ksoctl.fish");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    *context.console.out << CompletionScript(shell_) << std::flush;
    return ExitStatus::kDone;
  }

 private:
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> CreateCompletion(Arguments arguments) {
  return std::make_unique<CompletionCommand>(arguments);
}

}  // namespace kso::cli
