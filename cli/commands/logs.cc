// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"
#include "cli/render/build_text.h"
#include "common/base/status_macros.h"

namespace kso::cli {
namespace {

class Logs : public Command {
 public:
  explicit Logs(Arguments arguments) {
    arguments.Example("ksoctl logs v0.1.0-2.25.1",
                      "Everything that happened in a release's newest build.");
    arguments.Positional("BUILD", &build_,
                         "A build's id, the beginning of one, or a release's "
                         "name for its newest build.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    v1::WatchBuildResponse log;
    std::string build = build_;
    int64_t seen = 0;
    while (true) {
      KSO_ASSIGN_OR_RETURN(v1::WatchBuildResponse part,
                           context.coordinator->WatchBuild(
                               build, seen, 0, absl::ZeroDuration()));
      build = part.build().build_id();
      *log.mutable_build() = part.build();
      for (v1::Event& event : *part.mutable_events()) {
        seen = event.sequence();
        *log.add_events() = std::move(event);
      }
      if (part.events().empty() || seen >= part.build().last_sequence()) break;
    }
    std::string text;
    for (const v1::Event& event : log.events()) text += EventLine(event);
    context.Print(log, text);
    return ExitStatus::kDone;
  }

 private:
  std::string build_;
};

}  // namespace

std::unique_ptr<Command> CreateLogs(Arguments arguments) {
  return std::make_unique<Logs>(arguments);
}

}  // namespace kso::cli
