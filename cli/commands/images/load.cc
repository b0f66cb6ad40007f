// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/match.h"
#include "cli/carry/archive_loader.h"
#include "cli/carry/image_archive.h"
#include "cli/carry/load_text.h"
#include "cli/commands/images/image_commands.h"
#include "cli/commands/outcome/carry_progress.h"
#include "cli/registry_connection.h"
#include "common/base/status_macros.h"
#include "common/oci/destination.h"

namespace kso::cli {
namespace {

class Load : public Command {
 public:
  explicit Load(Arguments arguments) {
    arguments.Positionals(
        "FILE... docker://HOST/PATH", &words_,
        "An OCI archive, or all its parts, then where its images go: "
        "\"kubespray-files:TAG\" becomes HOST/PATH/kubespray-files:TAG.");
    arguments.Example("ksoctl load release.tar docker://10.0.0.5:5000/team",
                      "Push both images of an archive into a registry.");
    arguments.Example(
        "ksoctl load --no-latest v2.tar.000 v2.tar.001 "
        "docker://10.0.0.5:5000/team",
        "Join the parts, and leave the tag latest where it is.");
    registry_.DeclareTo(arguments);
    arguments.Flag("--no-latest", &no_latest_,
                   "Leave the tags latest and latest-all alone.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    if (words_.size() < 2 || !absl::StartsWith(words_.back(), "docker://")) {
      return absl::InvalidArgumentError(
          "name the archive's files, then the registry, as in "
          "ksoctl load release.tar docker://registry.example.com/team");
    }
    KSO_ASSIGN_OR_RETURN(const v1::Destination destination,
                         oci::ParseDestination(words_.back()));
    KSO_ASSIGN_OR_RETURN(
        const auto archive,
        ImageArchive::Open({words_.begin(), std::prev(words_.end())}));
    KSO_ASSIGN_OR_RETURN(
        const auto registry,
        RegistryConnection::Open({.host = oci::DestinationHost(destination),
                                  .pushes = true,
                                  .arguments = registry_,
                                  .warnings = context.console.err},
                                 context.clock));
    const absl::StatusOr<LoadReport> report =
        LoadArchive(*archive, destination, registry->images(),
                    ShowProgress(context), {.latest = !no_latest_});
    if (!report.ok()) return NotTheCoordinator(report.status());
    context.PrintJsonOr(LoadJson(destination, *report),
                        LoadText(destination, *report));
    return ExitStatus::kDone;
  }

 private:
  std::vector<std::string> words_;
  RegistryArguments registry_;
  bool no_latest_ = false;
};

}  // namespace

std::unique_ptr<Command> CreateLoad(Arguments arguments) {
  return std::make_unique<Load>(arguments);
}

}  // namespace kso::cli
