// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/outcome/ending.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/commands/outcome/bring_home.h"
#include "cli/commands/outcome/follow.h"
#include "cli/commands/outcome/own_target.h"
#include "cli/render/build_text.h"
#include "cli/render/result_text.h"
#include "cli/render/text.h"
#include "common/base/status_macros.h"

namespace kso::cli {

ExitStatus ExitStatusOf(const v1::Build& build) {
  return build.state() == v1::Build::SUCCEEDED ? ExitStatus::kDone
                                               : ExitStatus::kFailed;
}

bool IsForThisMachine(const v1::Destination& destination) {
  return destination.kind() == v1::Destination::OCI_LAYOUT ||
         destination.kind() == v1::Destination::OCI_ARCHIVE;
}

absl::StatusOr<ExitStatus> WatchToTheEnd(Context& context,
                                         const v1::Build& build,
                                         const v1::Destination* destination) {
  const auto view = context.CreateProgress();
  if (!build.plan_only()) {
    view->Notice(absl::StrCat("Build ", build.build_id(), " of ",
                              Printable(build.name()),
                              ". Interrupting this leaves it running; `ksoctl "
                              "watch ",
                              build.build_id(), "` is back here."));
  }
  FollowOptions options;
  options.reached = true;
  if (context.shows_terminal()) options.wait = kTerminalWait;
  KSO_ASSIGN_OR_RETURN(const v1::Build ended,
                       FollowBuild(*context.coordinator, build.build_id(),
                                   context.clock, *view, options));
  std::string text = ResultText(ended);
  absl::Status brought;
  const v1::Destination& target =
      destination == nullptr ? ended.destination() : *destination;
  if (ended.state() == v1::Build::SUCCEEDED && !ended.plan_only() &&
      IsForThisMachine(target)) {
    if (destination == nullptr) brought = CheckOwnTarget(target);
    if (brought.ok()) {
      const absl::StatusOr<std::string> where =
          BringHome(context, ended, target);
      if (where.ok()) absl::StrAppend(&text, *where);
      brought = where.status();
    }
  }
  context.Print(ended, text);
  if (!brought.ok()) {
    return absl::Status(
        brought.code(),
        absl::StrCat("the build succeeded, but its images did not get here: ",
                     brought.message(), "\nMend that, then: ksoctl export ",
                     ended.build_id()));
  }
  return ExitStatusOf(ended);
}

ExitStatus LeaveRunning(Context& context, const v1::Build& build) {
  const std::string& id = build.build_id();
  if (context.quiet) {
    context.Print(build, absl::StrCat(id, "\n"));
    return ExitStatus::kDone;
  }
  std::vector<std::vector<std::string>> next = {
      {absl::StrCat("ksoctl watch ", id), "follow it"},
      {absl::StrCat("ksoctl status ", id), "see how far it is"},
      {absl::StrCat("ksoctl cancel ", id), "stop it"}};
  if (IsForThisMachine(build.destination())) {
    next.push_back({absl::StrCat("ksoctl export ", id),
                    "bring the images here when it is done"});
  }
  context.Print(
      build,
      absl::StrCat("Build ", id, " of ", Printable(build.name()), " is ",
                   StateName(build.state()), ".\n", FormatTable(next, "  ")));
  return ExitStatus::kDone;
}

}  // namespace kso::cli
