// SPDX-License-Identifier: Apache-2.0
#include "common/base/version.h"

#include "absl/strings/str_cat.h"
#include "cli/commands/commands.h"
#include "cli/render/text.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

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
    json["coordinator"] = coordinator.ok()
                              ? nlohmann::ordered_json(Printable(*coordinator))
                              : nlohmann::ordered_json();
    context.PrintJsonOr(
        json, absl::StrCat("ksoctl ", own, "\ncoordinator ",
                           coordinator.ok() ? Printable(*coordinator)
                                            : absl::StrCat("not reachable at ",
                                                           context.address),
                           "\n"));
    return ExitStatus::kDone;
  }
};

}  // namespace

std::unique_ptr<Command> CreateVersion(Arguments arguments) {
  return std::make_unique<Version>(arguments);
}

}  // namespace kso::cli
