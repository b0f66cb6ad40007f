// SPDX-License-Identifier: Apache-2.0
#include "common/base/version.h"

#include <ostream>

#include "absl/strings/str_cat.h"
#include "cli/commands/commands.h"
#include "cli/render/text.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

class Version : public Command {
 public:
  absl::StatusOr<ExitStatus> Run(Context& context) override {
    const std::string own(kVersion);
    // ksoctl says its own version also when the farm is away.
    const auto coordinator = context.coordinator->GetVersion();
    if (context.json) {
      nlohmann::ordered_json json;
      json["ksoctl"] = own;
      json["coordinator"] =
          coordinator.ok() ? nlohmann::ordered_json(Printable(*coordinator))
                           : nlohmann::ordered_json();
      *context.console.out
          << json.dump(2, ' ', false,
                       nlohmann::ordered_json::error_handler_t::replace)
          << std::endl;
      return ExitStatus::kDone;
    }
    *context.console.out << "ksoctl " << own << "\n"
                         << "coordinator "
                         << (coordinator.ok()
                                 ? Printable(*coordinator)
                                 : absl::StrCat("not reachable at ",
                                                context.address))
                         << std::endl;
    return ExitStatus::kDone;
  }
};

}  // namespace

std::unique_ptr<Command> CreateVersion(Arguments) {
  return std::make_unique<Version>();
}

}  // namespace kso::cli
