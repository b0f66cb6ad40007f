// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "cli/commands/release/lists_commands.h"
#include "cli/lists/list_diff.h"
#include "cli/lists/list_items.h"
#include "common/base/status_macros.h"

namespace kso::cli {
namespace {

class ListsDiff : public Command {
 public:
  explicit ListsDiff(Arguments arguments) {
    arguments.Example("ksoctl lists diff release-2.25 release-2.26",
                      "What the lists of a release add and drop.");
    arguments.Positional("A", &before_,
                         "A list, a release.yaml, or a directory with them.");
    arguments.Positional("B", &after_, "The same, of the later release.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_ASSIGN_OR_RETURN(const std::vector<ListItem> before,
                         ReadListItems(before_));
    KSO_ASSIGN_OR_RETURN(const std::vector<ListItem> after,
                         ReadListItems(after_));
    const std::vector<ListChange> changes = DiffLists(before, after);
    context.PrintJsonOr(DiffJson(changes), DiffText(changes));
    return ExitStatus::kDone;
  }

 private:
  std::string before_;
  std::string after_;
};

}  // namespace

std::unique_ptr<Command> CreateListsDiff(Arguments arguments) {
  return std::make_unique<ListsDiff>(arguments);
}

}  // namespace kso::cli
