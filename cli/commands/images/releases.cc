// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands/images/image_commands.h"
#include "cli/registry_connection.h"
#include "cli/releases/inventory.h"
#include "cli/releases/layout_place.h"
#include "cli/releases/registry_place.h"
#include "cli/releases/release_place.h"
#include "cli/releases/releases_text.h"
#include "cli/releases/removal_check.h"
#include "cli/releases/removal_plan.h"
#include "cli/render/text.h"
#include "common/base/status_macros.h"
#include "common/oci/destination.h"
#include "common/text/text.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

constexpr char kDestinationHelp[] =
    "Where they are: docker://HOST/PATH, or oci:DIR.";

class Releases : public Command {
 public:
  explicit Releases(Arguments arguments)
      : ls_(arguments.Subcommand("ls", "List the releases at a destination.")),
        rm_(arguments.Subcommand(
            "rm", "Remove releases from a destination, in two steps.")) {
    arguments.RequireSubcommand();
    ls_.Alias("list");
    rm_.Alias("remove");
    rm_.Alias("delete");
    for (Arguments* subcommand : {&ls_, &rm_}) {
      subcommand->Positional("DEST", &destination_, kDestinationHelp);
      registry_.DeclareTo(*subcommand);
    }
    rm_.Positionals("RELEASE...", &names_,
                    "The releases, as `ksoctl releases ls` names them.");
    rm_.Option("--confirm", &confirmed_, "PLAN",
               "Carry out the plan of this id, if it still is what would be "
               "done.");
    rm_.Flag("-y,--yes", &yes_, "Carry out the plan that is made now, unseen.");
    ls_.Example("ksoctl releases ls docker://reg.example.com/team",
                "What is there, by digest, and what each release adds.");
    rm_.Example("ksoctl releases rm docker://reg.example.com/team v1",
                "Say what would be deleted and what stays. Nothing changes.");
    rm_.Example(
        "ksoctl releases rm docker://reg.example.com/team v1 --confirm "
        "5f0c2a9be1d47733",
        "Do what that plan said, and check what stays.");
    rm_.Example("ksoctl releases rm oci:/srv/kso v0.1.0-2.25.1 --yes",
                "From a directory, without looking at the plan first.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ReleasePlace> place,
                         Open(context));
    const absl::StatusOr<Inventory> inventory = TakeInventory(*place);
    if (!inventory.ok()) return NotTheCoordinator(inventory.status());
    if (ls_.Chosen()) {
      const auto releases = ReleasesIn(*inventory);
      context.PrintJsonOr(ReleasesJson(where_, releases),
                          ReleasesText(where_, releases));
      return ExitStatus::kDone;
    }
    KSO_ASSIGN_OR_RETURN(const RemovalPlan plan,
                         PlanRemoval(*inventory, names_, where_));
    return Remove(context, *place, plan);
  }

 private:
  absl::StatusOr<std::unique_ptr<ReleasePlace>> Open(Context& context) {
    KSO_ASSIGN_OR_RETURN(const v1::Destination destination,
                         oci::ParseDestination(destination_));
    where_ = oci::FormatDestination(destination);
    if (destination.kind() == v1::Destination::OCI_LAYOUT) {
      return OpenLayoutPlace(destination.location());
    }
    if (destination.kind() != v1::Destination::REGISTRY) {
      return absl::InvalidArgumentError(absl::StrCat(
          destination_,
          " is an archive, which has what was exported into it: delete the "
          "file, or export to another"));
    }
    KSO_ASSIGN_OR_RETURN(
        connection_,
        RegistryConnection::Open({.host = oci::DestinationHost(destination),
                                  .pushes = rm_.Chosen(),
                                  .arguments = registry_,
                                  .warnings = context.console.err},
                                 context.clock));
    return CreateRegistryPlace(&connection_->images(), destination);
  }

  absl::StatusOr<ExitStatus> Remove(Context& context, ReleasePlace& place,
                                    const RemovalPlan& plan) const {
    if (!confirmed_.empty() && confirmed_ != plan.id) {
      return absl::FailedPreconditionError(
          absl::StrCat("what is there is not what plan ", confirmed_,
                       " was made of: look at the new plan, ", plan.id,
                       ", with\n  ", CommandLine()));
    }
    const absl::StatusOr<std::set<PartKey>> before = MissingParts(place, plan);
    if (!before.ok()) return NotTheCoordinator(before.status());
    const bool now = yes_ || !confirmed_.empty();
    std::string text = PlanText(where_, plan, *before);
    if (!now) {
      absl::StrAppend(&text, "Nothing has been deleted. To do it:\n  ",
                      CommandLine(), " --confirm ", plan.id, "\n");
      context.PrintJsonOr(PlanJson(where_, plan, *before, /*done=*/false),
                          text);
      return ExitStatus::kDone;
    }
    if (!context.json && !context.quiet) {
      *context.console.out << text << std::flush;
    }
    if (const absl::Status removed = place.Remove(plan.removal);
        !removed.ok()) {
      return NotTheCoordinator(removed);
    }
    return Report(context, place, plan, *before);
  }

  // Asks for everything that stays once more.
  absl::StatusOr<ExitStatus> Report(Context& context, ReleasePlace& place,
                                    const RemovalPlan& plan,
                                    const std::set<PartKey>& before) const {
    const absl::StatusOr<std::set<PartKey>> after = MissingParts(place, plan);
    if (!after.ok()) return NotTheCoordinator(after.status());
    std::vector<PartKey> lost;
    std::set_difference(after->begin(), after->end(), before.begin(),
                        before.end(), std::back_inserter(lost));
    std::string text =
        absl::StrCat("Removed. ", FormatBytes(plan.freed_bytes),
                     " have no user there. ", place.AfterRemoval(), "\n");
    if (lost.empty()) {
      absl::StrAppend(&text, "All ", plan.kept_parts.size() - after->size(),
                      " manifests and blobs of what stays are still there.\n");
    }
    for (const PartKey& key : lost) {
      absl::StrAppend(&text, "LOST: ", key.image, "@", key.digest, "\n");
    }
    context.PrintJsonOr(PlanJson(where_, plan, *after, /*done=*/true), text);
    if (lost.empty()) return ExitStatus::kDone;
    return absl::DataLossError(
        absl::StrCat("the registry deleted more than it was asked to: ",
                     Count(std::ssize(lost), "part"),
                     " of what stays are gone; submit those releases again"));
  }

  std::string CommandLine() const {
    return absl::StrCat("ksoctl releases rm ", Printable(destination_), " ",
                        Printable(absl::StrJoin(names_, " ")));
  }

  Arguments ls_;
  Arguments rm_;
  std::string destination_;
  std::vector<std::string> names_;
  std::string confirmed_;
  bool yes_ = false;
  RegistryArguments registry_;
  // The destination, as messages name it.
  std::string where_;
  std::unique_ptr<RegistryConnection> connection_;
};

}  // namespace

std::unique_ptr<Command> CreateReleases(Arguments arguments) {
  return std::make_unique<Releases>(arguments);
}

}  // namespace kso::cli
