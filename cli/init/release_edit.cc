// SPDX-License-Identifier: Apache-2.0
#include "cli/init/release_edit.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace kso::cli {
namespace {

constexpr absl::string_view kListsKey = "  lists:";
constexpr absl::string_view kInLists = "    ";

// A YAML string in double quotes (YAML 1.2, section 7.3.1).
std::string Quoted(absl::string_view text) {
  return absl::StrCat(
      "\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

bool IsChosen(absl::string_view architecture,
              const std::vector<std::string>& platforms) {
  return std::any_of(platforms.begin(), platforms.end(),
                     [architecture](const std::string& platform) {
                       const std::vector<std::string> parts =
                           absl::StrSplit(platform, '/');
                       return parts.size() > 1 && parts[1] == architecture;
                     });
}

// The line of a key at the left edge with the chosen value, or as it is.
std::string Edited(absl::string_view line, const ReleaseChoices& choices) {
  if (absl::StartsWith(line, "name:") && !choices.name.empty()) {
    return absl::StrCat("name: ", Quoted(choices.name));
  }
  if (absl::StartsWith(line, "platforms:") && !choices.platforms.empty()) {
    return absl::StrCat("platforms: [", absl::StrJoin(choices.platforms, ", "),
                        "]");
  }
  if (absl::StartsWith(line, "destination:") && !choices.destination.empty()) {
    return absl::StrCat("destination: ", Quoted(choices.destination));
  }
  return std::string(line);
}

}  // namespace

std::string EditRelease(absl::string_view yaml, const ReleaseChoices& choices) {
  std::vector<std::string> lines;
  bool in_lists = false;
  for (absl::string_view line : absl::StrSplit(yaml, '\n')) {
    // Nobody has to edit a destination that was chosen.
    if (!choices.destination.empty()) {
      if (line == "# EDIT THIS.") continue;
      if (absl::ConsumePrefix(&line, "# EDIT THIS. ")) {
        lines.push_back(absl::StrCat("# ", line));
        continue;
      }
    }
    if (line == kListsKey) {
      in_lists = true;
    } else if (in_lists && !absl::StartsWith(line, kInLists)) {
      in_lists = false;
    } else if (in_lists && !choices.platforms.empty()) {
      absl::string_view architecture = line.substr(kInLists.size());
      architecture = architecture.substr(0, architecture.find(':'));
      if (!IsChosen(architecture, choices.platforms)) continue;
    }
    lines.push_back(Edited(line, choices));
  }
  return absl::StrJoin(lines, "\n");
}

}  // namespace kso::cli
