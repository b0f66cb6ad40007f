// SPDX-License-Identifier: Apache-2.0
#include "cli/render/build_text.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cli/render/phase_lines.h"
#include "cli/render/result_text.h"
#include "cli/render/text.h"
#include "common/base/proto_time.h"

namespace kso::cli {
namespace {

std::string Title(const v1::Build& build) {
  return absl::StrCat(build.plan_only() ? "Plan " : "Build ",
                      Printable(build.build_id()), " of ",
                      Printable(build.name()));
}

std::string PriorityText(const v1::Build& build) {
  if (build.priority() == 0) return "";
  return absl::StrCat(", with priority ", build.priority());
}

std::string Moved(const v1::Build& build) {
  return absl::StrCat(
      "fetched ", FormatBytes(build.bytes_fetched()), ", pushed ",
      FormatBytes(build.bytes_pushed()),
      build.plan().layers_reused() == 0
          ? ""
          : absl::StrCat(", reused ",
                         FormatBytes(build.plan().bytes_reused())));
}

}  // namespace

absl::string_view StateName(v1::Build::State state) {
  switch (state) {
    case v1::Build::RUNNING:
      return "running";
    case v1::Build::SUCCEEDED:
      return "succeeded";
    case v1::Build::FAILED:
      return "failed";
    case v1::Build::CANCELLED:
      return "cancelled";
    default:
      return "unknown";
  }
}

std::string PhaseName(v1::Phase phase) {
  return phase == v1::PHASE_UNSPECIFIED
             ? ""
             : absl::AsciiStrToLower(v1::Phase_Name(phase));
}

std::string EventLine(const v1::Event& event) {
  std::string line = absl::StrCat(FormatClock(event.time()), "  ");
  if (event.level() == v1::Event::WARNING) line += "warning: ";
  if (event.level() == v1::Event::ERROR) line += "error: ";
  if (!event.worker().empty()) {
    absl::StrAppend(&line, Printable(event.worker()), ": ");
  }
  return absl::StrCat(line, Printable(event.text()), "\n");
}

std::string StatusText(const v1::Build& build, absl::Time now) {
  if (build.state() != v1::Build::RUNNING) return ResultText(build);
  std::string text =
      absl::StrCat(Title(build), " is running, started ",
                   FormatAge(build.created(), now), PriorityText(build), ".\n");
  for (const std::string& line : PhaseLines(build)) {
    absl::StrAppend(&text, "  ", line, "\n");
  }
  absl::StrAppend(&text, "  ", Moved(build), "\n");
  for (const std::string& waiting : build.waiting()) {
    absl::StrAppend(&text, "  waiting: ", Printable(waiting), "\n");
  }
  for (const v1::HostLimit& host : build.hosts()) {
    absl::StrAppend(&text, "  limits of ", Printable(host.words()), "\n");
  }
  for (const v1::Failure& failure : build.failures()) {
    absl::StrAppend(&text, "  failed: ", Printable(failure.item()), ": ",
                    Printable(failure.reason()), "\n");
  }
  return text;
}

std::string BuildsText(const v1::ListBuildsResponse& builds, absl::Time now) {
  if (builds.builds().empty()) {
    return "No builds yet. Start one: ksoctl submit -f release.yaml\n";
  }
  std::vector<std::vector<std::string>> rows = {
      {"BUILD", "RELEASE", "PRIORITY", "STATE", "PHASE", "STARTED", "TOOK"}};
  for (const v1::Build& build : builds.builds()) {
    const absl::Time end = build.has_ended() ? FromProto(build.ended()) : now;
    rows.push_back({Printable(build.build_id()),
                    absl::StrCat(Printable(build.name()),
                                 build.plan_only() ? " (plan)" : ""),
                    absl::StrCat(build.priority()),
                    std::string(StateName(build.state())),
                    PhaseName(build.phase()), FormatAge(build.created(), now),
                    FormatElapsed(end - FromProto(build.created()))});
  }
  return FormatTable(rows);
}

}  // namespace kso::cli
