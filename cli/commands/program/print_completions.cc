// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/program/print_completions.h"

#include <ostream>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/completion.h"
#include "cli/render/build_text.h"
#include "cli/render/text.h"

namespace kso::cli {
namespace {

using Candidates = std::vector<Completion::Candidate>;

std::string MeaningOf(const v1::Build& build) {
  return absl::StrCat(build.name(), ", ", StateName(build.state()));
}

// A build is known by its id and, the newest of each, by its release's name.
void AddBuilds(CoordinatorClient& coordinator, bool ids, Candidates& all) {
  const auto builds = coordinator.ListBuilds();
  if (!builds.ok()) return;
  std::set<std::string> releases;
  for (const v1::Build& build : builds->builds()) {
    if (ids) all.push_back({build.build_id(), MeaningOf(build)});
    if (releases.insert(build.name()).second) {
      all.push_back({build.name(), absl::StrCat("newest: ", build.build_id())});
    }
  }
}

void AddWorkers(CoordinatorClient& coordinator, Candidates& all) {
  const auto workers = coordinator.ListWorkers();
  if (!workers.ok()) return;
  for (const v1::WorkerStatus& worker : workers->workers()) {
    all.push_back(
        {worker.info().name(), absl::StrCat(worker.leases_size(), " tasks")});
  }
}

}  // namespace

ExitStatus PrintCompletions(const CommandShape& program,
                            const std::vector<std::string>& words,
                            CoordinatorClient& coordinator,
                            const Console& console) {
  Completion completion = CompleteWords(program, words);
  std::ostream& out = *console.out;
  using Names = Completion::Names;
  switch (completion.names) {
    case Names::kFiles:
      out << ":files\n";
      break;
    case Names::kDirectories:
      out << ":directories\n";
      break;
    case Names::kBuilds:
      AddBuilds(coordinator, /*ids=*/true, completion.candidates);
      break;
    case Names::kReleases:
      AddBuilds(coordinator, /*ids=*/false, completion.candidates);
      break;
    case Names::kWorkers:
      AddWorkers(coordinator, completion.candidates);
      break;
    case Names::kNone:
      break;
  }
  const std::string beginning = words.empty() ? "" : words.back();
  for (const auto& [word, meaning] : completion.candidates) {
    if (!absl::StartsWith(word, beginning)) continue;
    out << Printable(word);
    if (!meaning.empty()) out << "\t" << Printable(meaning);
    out << "\n";
  }
  out.flush();
  return ExitStatus::kDone;
}

}  // namespace kso::cli
