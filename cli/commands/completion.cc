// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "cli/commands/commands.h"
#include "cli/commands/completion_script.h"

namespace kso::cli {
namespace {

class Completion : public Command {
 public:
  Completion(Arguments arguments, Arguments root) : root_(root) {
    arguments.PositionalChoice("SHELL", &shell_, {"bash", "zsh", "fish"},
                               "bash, zsh or fish.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    const CommandShape program = root_.Shape();
    *context.console.out << (shell_ == "bash"  ? BashCompletion(program)
                             : shell_ == "zsh" ? ZshCompletion(program)
                                               : FishCompletion(program))
                         << std::flush;
    return ExitStatus::kDone;
  }

 private:
  Arguments root_;
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> CreateCompletion(Arguments arguments, Arguments root) {
  return std::make_unique<Completion>(arguments, root);
}

}  // namespace kso::cli
