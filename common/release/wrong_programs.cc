// SPDX-License-Identifier: Apache-2.0
#include "common/release/wrong_programs.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "common/base/strings.h"
#include "common/release/named_architecture.h"

namespace kso::release {
namespace {

// Returns whether a processor runs the programs of another architecture itself:
// those of 64 bits run most of what is for 32.
bool RunsOn(std::string_view program, std::string_view processor) {
  return program == processor || (program == "386" && processor == "amd64") ||
         (program == "arm" && processor == "arm64");
}

std::string Example(const v1::FoundPrograms& found) {
  return found.example().empty() ? "" : Concat(" (", found.example(), ")");
}

// "amd64 (bin/ctr)".
std::string ProgramsInWords(const v1::FileContent& content) {
  std::vector<std::string> words;
  for (const v1::FoundPrograms& found : content.programs()) {
    words.push_back(Concat(found.architecture(), Example(found)));
  }
  return absl::StrJoin(words, ", ");
}

bool HasProgramsFor(const v1::FileContent& content,
                    std::string_view architecture) {
  return std::any_of(content.programs().begin(), content.programs().end(),
                     [&](const v1::FoundPrograms& found) {
                       return RunsOn(found.architecture(), architecture);
                     });
}

// Compares a file that is for one architecture only, as `because` says.
std::string ProblemOfOne(const v1::FileContent& content,
                         const std::string& wanted, std::string_view because) {
  if (!HasProgramsFor(content, wanted)) {
    return Concat("its programs are for ", ProgramsInWords(content),
                  ", and not for ", wanted, ", as ", because, " says");
  }
  for (const v1::FoundPrograms& found : content.programs()) {
    if (found.executables() == 0 || RunsOn(found.architecture(), wanted)) {
      continue;
    }
    return Concat(found.executables() == 1
                      ? "a program in it is for "
                      : Concat(found.executables(), " programs in it are for "),
                  found.architecture(), Example(found), ", and not for ",
                  wanted, ", as ", because, " says");
  }
  return "";
}

}  // namespace

WrongPrograms FindWrongPrograms(std::string_view url,
                                const std::vector<std::string>& lists,
                                const v1::FileContent& content) {
  if (content.programs().empty()) return {};
  std::string problem;
  bool says_one = false;
  // It is enough to be what either says.
  const auto is_what_says = [&](const std::string& wanted,
                                std::string_view because) {
    const std::string found = ProblemOfOne(content, wanted, because);
    if (problem.empty()) problem = found;
    says_one = true;
    return found.empty();
  };
  const auto named = NamedArchitectures(url);
  if (named.size() == 1 && is_what_says(named.begin()->first, "its URL")) {
    return {};
  }
  if (lists.size() == 1 && is_what_says(lists.front(), "its list")) {
    return {};
  }
  if (says_one) return {problem, true};
  std::vector<std::string> lacking;
  for (const std::string& architecture : lists) {
    if (!HasProgramsFor(content, architecture)) lacking.push_back(architecture);
  }
  if (lacking.empty()) return {};
  return {Concat("it is in the list of ", absl::StrJoin(lacking, " and of "),
                 " too, and its programs are for ", ProgramsInWords(content),
                 ": they do not run there")};
}

}  // namespace kso::release
