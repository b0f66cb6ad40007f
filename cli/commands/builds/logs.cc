// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <utility>

#include "cli/commands/builds/build_commands.h"
#include "cli/commands/builds/log_filter.h"
#include "cli/commands/builds/log_view.h"
#include "cli/commands/outcome/ending.h"
#include "cli/commands/outcome/follow.h"
#include "cli/render/build_text.h"
#include "cli/render/text.h"
#include "common/base/status_macros.h"

namespace kso::cli {
namespace {

class Logs : public Command {
 public:
  explicit Logs(Arguments arguments) {
    arguments.Positional("BUILD", &build_,
                         "A build's id, the beginning of one, or a release's "
                         "name for its newest build.");
    arguments.Flag("-f,--follow", &follow_,
                   "Go on until the build has ended. The exit status is the "
                   "build's then.");
    arguments.Option("--task", &filter_.task, "TASK",
                     "Only tasks whose id or name has this in it; with "
                     "--follow, each of their steps too.");
    arguments.Option("--since", &since_, "TIME",
                     "Only what happened since: 10m ago, 1h30m ago, or "
                     "2024-01-31T12:00:00Z.");
    arguments.Example("ksoctl logs v0.1.0-2.25.1",
                      "Everything that happened in a release's newest build.");
    arguments.Example("ksoctl logs v0.1.0-2.25.1 -f --since 10m",
                      "The last ten minutes, and what comes.");
    arguments.Example("ksoctl logs 20240131 --task kubelet -f",
                      "Follow the tasks that fetch and pack kubelet.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    LogFilter filter = filter_;
    if (!since_.empty()) {
      KSO_ASSIGN_OR_RETURN(filter.since,
                           ParseSince(since_, context.clock->Now()));
    }
    if (!follow_) return Print(context, filter);
    std::unique_ptr<ProgressView> view;
    if (context.json && !context.json_lines) {
      view = context.CreateProgress();
    } else {
      view = std::make_unique<LogView>(context.console.out, filter,
                                       context.json_lines);
    }
    KSO_ASSIGN_OR_RETURN(
        const v1::Build build,
        FollowBuild(*context.coordinator, build_, context.clock, *view,
                    {.wait = kTerminalWait}));
    if (context.json && !context.json_lines) {
      KSO_RETURN_IF_ERROR(Print(context, filter).status());
    }
    return ExitStatusOf(build);
  }

 private:
  // The events up to this moment.
  absl::StatusOr<ExitStatus> Print(Context& context, const LogFilter& filter) {
    v1::WatchBuildResponse log;
    std::string build = build_;
    int64_t seen = 0;
    while (true) {
      KSO_ASSIGN_OR_RETURN(v1::WatchBuildResponse part,
                           context.coordinator->WatchBuild(
                               build, seen, 0, absl::ZeroDuration()));
      build = part.build().build_id();
      *log.mutable_build() = part.build();
      const bool more = !part.events().empty();
      for (v1::Event& event : *part.mutable_events()) {
        seen = event.sequence();
        if (filter.Shows(event)) *log.add_events() = std::move(event);
      }
      if (!more || seen >= part.build().last_sequence()) break;
    }
    std::string text;
    for (const v1::Event& event : log.events()) text += EventLine(event);
    context.Print(log, text);
    if (log.events().empty() && !context.json && !context.quiet) {
      *context.console.err << "Nothing of build "
                           << Printable(log.build().build_id())
                           << " is in that choice; without --task and --since "
                              "all is shown."
                           << std::endl;
    }
    return ExitStatus::kDone;
  }

  std::string build_;
  bool follow_ = false;
  std::string since_;
  LogFilter filter_;
};

}  // namespace

std::unique_ptr<Command> CreateLogs(Arguments arguments) {
  return std::make_unique<Logs>(arguments);
}

}  // namespace kso::cli
