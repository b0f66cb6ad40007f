// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/commands/release/kubespray_arguments.h"
#include "cli/commands/release/lists_commands.h"
#include "cli/lists/generate.h"
#include "cli/lists/generate_text.h"
#include "cli/lists/list_check.h"
#include "cli/lists/list_items.h"
#include "cli/lists/list_writer.h"
#include "common/base/status_macros.h"
#include "common/oci/destination.h"

namespace kso::cli {
namespace {

class ListsGenerate : public Command {
 public:
  explicit ListsGenerate(Arguments arguments) {
    arguments.Example(
        "ksoctl lists generate --kubespray ../kubespray my-release",
        "Make a release directory of a checkout.");
    arguments.Example(
        "ksoctl lists generate --kubespray DIR -i "
        "DIR/inventory/mine/hosts.yaml",
        "What the cluster of an inventory needs.");
    arguments.Example("ksoctl lists generate --kubespray DIR --everything all",
                      "All that the release can download.");
    kubespray_.DeclareTo(arguments, Arguments::Need::kRequired);
    arguments.Positional("DIRECTORY", &directory_,
                         "Where to write the release. Default: "
                         "kubespray-VERSION.",
                         Arguments::Need::kOptional);
    arguments.Flag("--everything", &everything_,
                   "List all that Kubespray can download, not only what is "
                   "enabled.");
    arguments.Repeated("--keep", &keep_, "VARIABLE",
                       "Take the inventory's address of this variable, where "
                       "* stands for any run of characters; again for "
                       "another.");
    arguments.Repeated("--manifest", &manifests_, "FILE",
                       "List the images of a manifest that the cluster gets "
                       "from elsewhere; again for another.");
    arguments.Option("--destination", &destination_, "DESTINATION",
                     "What release.yaml says for `destination:`.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    if (!destination_.empty()) {
      KSO_RETURN_IF_ERROR(oci::ParseDestination(destination_).status());
    }
    GenerateOptions options = kubespray_.Options();
    options.scope = everything_ ? Scope::kEverything : Scope::kEnabled;
    options.keep = keep_;
    options.manifests.assign(manifests_.begin(), manifests_.end());
    KSO_ASSIGN_OR_RETURN(const Generated generated, GenerateLists(options));
    GenerateReport report;
    report.directory = directory_.empty()
                           ? absl::StrCat("kubespray-", generated.version)
                           : directory_;
    KSO_ASSIGN_OR_RETURN(
        report.kept_release,
        WriteRelease(generated, destination_, report.directory));
    KSO_ASSIGN_OR_RETURN(const std::vector<ListItem> items,
                         ReadListItems(report.directory));
    report.smells = CheckLists(items, nullptr);
    context.PrintJsonOr(GenerateJson(generated, report),
                        GenerateText(generated, report));
    return ExitStatus::kDone;
  }

 private:
  KubesprayArguments kubespray_;
  std::string directory_;
  bool everything_ = false;
  std::vector<std::string> keep_;
  std::vector<std::string> manifests_;
  std::string destination_;
};

}  // namespace

std::unique_ptr<Command> CreateListsGenerate(Arguments arguments) {
  return std::make_unique<ListsGenerate>(arguments);
}

}  // namespace kso::cli
