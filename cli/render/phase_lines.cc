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
  // Phases are listed in their order, so those before the build's are done. Of
  // a build that has just been submitted, none is.
  bool passed = build.phase() != v1::PHASE_UNSPECIFIED;
  for (const v1::PhaseProgress& progress : build.progress()) {
    const bool here = progress.phase() == build.phase();
    if (here) passed = false;
    const std::string counts = progress.total() > 0 ? Counts(progress)
                               : passed || build.state() == v1::Build::SUCCEEDED
                                   ? "done"
                                   : (here ? "running" : "-");
    lines.push_back(
        absl::StrFormat("%-9s %s", PhaseName(progress.phase()), counts));
  }
  return lines;
}

}  // namespace kso::cli
