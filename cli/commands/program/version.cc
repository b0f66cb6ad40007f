// SPDX-License-Identifier: Apache-2.0
#include "common/base/version.h"

#include "absl/strings/str_cat.h"
#include "cli/commands/program/program_commands.h"
#include "cli/render/text.h"
#include "common/base/status_macros.h"
#include "common/rpc/protocol_version.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

std::string NotReached(const absl::Status& status, const std::string& address) {
  return ExitStatusOf(status) == ExitStatus::kNotAllowed
             ? absl::StrCat("not told: ", Printable(status.message()))
             : absl::StrCat("not reachable at ", address);
}

class Version : public Command {
 public:
  explicit Version(Arguments arguments) {
    arguments.Example("ksoctl version",
                      "Say which versions are here and there.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    const std::string own(kVersion);
    // ksoctl says its own version also when the farm is away.
    const auto coordinator = context.coordinator->GetVersion();
    nlohmann::ordered_json json;
    json["ksoctl"] = own;
    json["coordinator"] =
        coordinator.ok()
            ? nlohmann::ordered_json(Printable(coordinator->version()))
            : nlohmann::ordered_json();
    json["plaintextToOthers"] =
        coordinator.ok() && coordinator->plaintext_to_others();
    context.PrintJsonOr(
        json, absl::StrCat("ksoctl ", own, "\ncoordinator ",
                           coordinator.ok() ? Printable(coordinator->version())
                                            : NotReached(coordinator.status(),
                                                         context.address),
                           "\n"));
    if (coordinator.ok()) {
      KSO_RETURN_IF_ERROR(rpc::CheckProtocol(coordinator->protocol(),
                                             "the coordinator", "this ksoctl"));
    }
    if (coordinator.ok() && coordinator->plaintext_to_others() &&
        !context.quiet) {
      *context.console.err
          << "The coordinator serves other machines in plain text "
             "(--insecure-plaintext): whoever is\non the network reads and "
             "changes everything.\n";
    }
    return ExitStatus::kDone;
  }
};

}  // namespace

std::unique_ptr<Command> CreateVersion(Arguments arguments) {
  return std::make_unique<Version>(arguments);
}

}  // namespace kso::cli
