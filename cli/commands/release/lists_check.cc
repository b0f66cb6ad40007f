// SPDX-License-Identifier: Apache-2.0
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands/release/kubespray_arguments.h"
#include "cli/commands/release/lists_commands.h"
#include "cli/lists/generate.h"
#include "cli/lists/list_check.h"
#include "cli/lists/list_items.h"
#include "common/base/status_macros.h"

namespace kso::cli {
namespace {

class ListsCheck : public Command {
 public:
  explicit ListsCheck(Arguments arguments) {
    arguments.Example("ksoctl lists check my-release",
                      "All that looks wrong in a release's lists.");
    arguments.Example("ksoctl lists check my-release --kubespray ../kubespray",
                      "Also versions that this Kubespray does not name.");
    arguments.Positionals("LISTS...", &paths_,
                          "Lists of files or images, a release.yaml, or "
                          "directories with them.");
    kubespray_.DeclareTo(arguments, Arguments::Need::kOptional);
    arguments.Flag("--strict", &strict_, "End with status 1 on a warning.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    std::vector<ListItem> items;
    for (const std::string& path : paths_) {
      KSO_ASSIGN_OR_RETURN(std::vector<ListItem> more, ReadListItems(path));
      items.insert(items.end(), std::make_move_iterator(more.begin()),
                   std::make_move_iterator(more.end()));
    }
    std::optional<Generated> known;
    if (kubespray_.given()) {
      GenerateOptions options = kubespray_.Options();
      options.scope = Scope::kEverything;
      KSO_ASSIGN_OR_RETURN(known, GenerateLists(options));
    }
    const std::vector<Smell> smells =
        CheckLists(items, known.has_value() ? &known->listing : nullptr);
    context.PrintJsonOr(SmellsJson(smells), SmellsText(smells));
    return strict_ && !smells.empty() ? ExitStatus::kFailed : ExitStatus::kDone;
  }

 private:
  std::vector<std::string> paths_;
  KubesprayArguments kubespray_;
  bool strict_ = false;
};

}  // namespace

std::unique_ptr<Command> CreateListsCheck(Arguments arguments) {
  return std::make_unique<ListsCheck>(arguments);
}

}  // namespace kso::cli
