// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <utility>
#include <vector>

#include "cli/commands/release/lists_commands.h"
#include "cli/commands/release/release_commands.h"

namespace kso::cli {
namespace {

class Lists : public Command {
 public:
  explicit Lists(Arguments arguments) {
    arguments.RequireSubcommand();
    Add(arguments, "generate",
        "Make the lists that a Kubespray checkout needs.", CreateListsGenerate);
    Add(arguments, "check", "Warn of what smells in lists of any origin.",
        CreateListsCheck);
    Add(arguments, "diff", "Say what changes from one set of lists to another.",
        CreateListsDiff);
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    for (const auto& [arguments, command] : commands_) {
      if (arguments.Chosen()) return command->Run(context);
    }
    return absl::InvalidArgumentError(
        "say generate, check or diff; see ksoctl lists --help");
  }

 private:
  void Add(Arguments& arguments, const char* name, const char* help,
           std::unique_ptr<Command> (*create)(Arguments)) {
    Arguments own = arguments.Subcommand(name, help);
    commands_.emplace_back(own, create(own));
  }

  std::vector<std::pair<Arguments, std::unique_ptr<Command>>> commands_;
};

}  // namespace

std::unique_ptr<Command> CreateLists(Arguments arguments) {
  return std::make_unique<Lists>(arguments);
}

}  // namespace kso::cli
