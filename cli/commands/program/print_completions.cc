// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/program/print_completions.h"

#include <algorithm>
#include <ostream>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/completion.h"
#include "cli/render/build_text.h"
#include "cli/render/text.h"

namespace kso::cli {
namespace {

using Candidates = std::vector<Completion::Candidate>;

// Shells put a candidate into the command line as it is, and run what a name
// such as "$(reboot)" says. Names that an honest coordinator has need no
// quoting.
bool IsSafeWord(const std::string& name) {
  return !name.empty() && name.front() != '-' && name.front() != ':' &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.' ||
                  c == ':' || c == '+' || c == '@' || c == '/';
         });
}

void AddName(const std::string& name, const std::string& meaning,
             Candidates& all) {
  if (IsSafeWord(name)) all.push_back({name, meaning});
}

std::string MeaningOf(const v1::Build& build) {
  return absl::StrCat(build.name(), ", ", StateName(build.state()));
}

// A build is known by its id and, the newest of each, by its release's name.
void AddBuilds(CoordinatorClient& coordinator, bool ids, Candidates& all) {
  const auto builds = coordinator.ListBuilds();
  if (!builds.ok()) return;
  std::set<std::string> releases;
  for (const v1::Build& build : builds->builds()) {
    if (ids) AddName(build.build_id(), MeaningOf(build), all);
    if (releases.insert(build.name()).second) {
      AddName(build.name(), absl::StrCat("newest: ", build.build_id()), all);
    }
  }
}

void AddWorkers(CoordinatorClient& coordinator, Candidates& all) {
  const auto workers = coordinator.ListWorkers();
  if (!workers.ok()) return;
  for (const v1::WorkerStatus& worker : workers->workers()) {
    AddName(worker.info().name(), absl::StrCat(worker.leases_size(), " tasks"),
            all);
  }
}

void AddContexts(const ContextList& contexts, Candidates& all) {
  for (const NamedContext& context : contexts.contexts) {
    AddName(context.name, context.coordinator, all);
  }
}

}  // namespace

ExitStatus PrintCompletions(const CommandShape& program,
                            const std::vector<std::string>& words,
                            CoordinatorClient& coordinator,
                            const ContextList& contexts,
                            const Console& console) {
  Completion completion = CompleteWords(program, words);
  std::ostream& out = *console.out;
  for (const Completion::Names names : completion.names) {
    switch (names) {
      case Completion::Names::kFiles:
        out << ":files\n";
        break;
      case Completion::Names::kDirectories:
        out << ":directories\n";
        break;
      case Completion::Names::kBuilds:
        AddBuilds(coordinator, /*ids=*/true, completion.candidates);
        break;
      case Completion::Names::kReleases:
        AddBuilds(coordinator, /*ids=*/false, completion.candidates);
        break;
      case Completion::Names::kWorkers:
        AddWorkers(coordinator, completion.candidates);
        break;
      case Completion::Names::kContexts:
        AddContexts(contexts, completion.candidates);
        break;
    }
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
