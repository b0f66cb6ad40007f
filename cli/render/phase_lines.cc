// SPDX-License-Identifier: Apache-2.0
#include "cli/render/phase_lines.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/render/build_text.h"

namespace kso::cli {
namespace {

std::string Counts(const v1::PhaseProgress& progress) {
  std::string text = absl::StrCat(progress.done(), "/", progress.total());
  if (progress.running() > 0) {
    absl::StrAppend(&text, ", ", progress.running(), " running");
  }
  if (progress.failed() > 0) {
    absl::StrAppend(&text, ", ", progress.failed(), " failed");
  }
  return text;
}

}  // namespace

std::vector<std::string> PhaseLines(const v1::Build& build) {
  std::vector<std::string> lines;
  const int last = build.plan_only() ? v1::RESOLVE : v1::TAG;
  for (int number = v1::RESOLVE; number <= last; ++number) {
    const auto phase = static_cast<v1::Phase>(number);
    std::string counts;
    for (const v1::PhaseProgress& progress : build.progress()) {
      if (progress.phase() == phase && progress.total() > 0) {
        counts = Counts(progress);
      }
    }
    if (counts.empty()) {
      counts = build.phase() > phase || build.state() == v1::Build::SUCCEEDED
                   ? "done"
               : build.phase() == phase ? "running"
                                        : "-";
    }
    lines.push_back(
        absl::StrFormat("%-9s %s", std::string(PhaseName(phase)), counts));
  }
  return lines;
}

}  // namespace kso::cli
