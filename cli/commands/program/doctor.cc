// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "cli/commands/program/program_commands.h"
#include "cli/doctor/check.h"
#include "cli/doctor/diagnosis.h"
#include "cli/doctor/surroundings.h"
#include "common/base/status_macros.h"
#include "common/release_file/release_on_disk.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

class Doctor : public Command {
 public:
  explicit Doctor(Arguments arguments) {
    arguments.Option("-f,--file", &file_, "FILE",
                     "The release.yaml that is to be built: looks at it, its "
                     "destination, and the hosts that it comes from.");
    arguments.Example("ksoctl doctor", "This machine, and the farm.");
    arguments.Example("ksoctl doctor -f release.yaml",
                      "And all that a build of this release needs.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<Machine> machine,
                         CreateRealMachine(context.clock));
    Surroundings surroundings{.machine = machine.get(),
                              .coordinator = context.coordinator,
                              .address = context.address,
                              .tls = context.tls};
    if (!file_.empty()) {
      absl::StatusOr<v1::Release> release = release_file::ReadRelease(file_);
      surroundings.release_trouble = release.status();
      if (release.ok()) surroundings.release = *std::move(release);
    }
    const Diagnosis diagnosis = Examine(surroundings, AllChecks());
    context.PrintJsonOr(DiagnosisJson(diagnosis), DiagnosisText(diagnosis));
    return diagnosis.ok() ? ExitStatus::kDone : ExitStatus::kFailed;
  }

 private:
  std::string file_;
};

}  // namespace

std::unique_ptr<Command> CreateDoctor(Arguments arguments) {
  return std::make_unique<Doctor>(arguments);
}

}  // namespace kso::cli
