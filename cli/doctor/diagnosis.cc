// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/diagnosis.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/render/text.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

using Level = Finding::Level;

const char* Word(Level level) {
  return level == Level::kGood      ? "good"
         : level == Level::kWarning ? "warning"
                                    : "broken";
}

const char* Mark(Level level) {
  return level == Level::kGood      ? "ok      "
         : level == Level::kWarning ? "warning "
                                    : "BROKEN  ";
}

// A text of several lines, such as all that is wrong with a release, each line
// below the first indented.
std::string Indented(const std::string& text) {
  std::string lines;
  for (const char c : text) {
    if (c == '\n') {
      lines += "\n            ";
    } else {
      lines += Printable(std::string(1, c));
    }
  }
  return lines;
}

}  // namespace

std::vector<std::unique_ptr<Check>> AllChecks() {
  std::vector<std::unique_ptr<Check>> checks;
  checks.push_back(CreateDiskCheck());
  checks.push_back(CreateProxyCheck());
  checks.push_back(CreateCertificatesCheck());
  checks.push_back(CreateCoordinatorCheck());
  checks.push_back(CreateWorkersCheck());
  checks.push_back(CreateClockCheck());
  checks.push_back(CreateReleaseCheck());
  checks.push_back(CreatePlatformsCheck());
  checks.push_back(CreateDestinationCheck());
  checks.push_back(CreateHostsCheck());
  return checks;
}

bool Diagnosis::ok() const {
  return std::none_of(entries.begin(), entries.end(), [](const Entry& entry) {
    return entry.finding.level == Level::kBroken;
  });
}

Diagnosis Examine(const Surroundings& surroundings,
                  const std::vector<std::unique_ptr<Check>>& checks) {
  Diagnosis diagnosis;
  for (const std::unique_ptr<Check>& check : checks) {
    for (Finding& finding : check->Look(surroundings)) {
      diagnosis.entries.push_back({check->name(), std::move(finding)});
    }
  }
  return diagnosis;
}

std::string DiagnosisText(const Diagnosis& diagnosis) {
  std::string text;
  int64_t broken = 0;
  int64_t warnings = 0;
  for (const Diagnosis::Entry& entry : diagnosis.entries) {
    const Finding& finding = entry.finding;
    broken += finding.level == Level::kBroken;
    warnings += finding.level == Level::kWarning;
    absl::StrAppend(&text, Mark(finding.level), Printable(finding.subject),
                    ": ", Indented(finding.text), "\n");
    if (!finding.mend.empty()) {
      absl::StrAppend(&text, "        do: ", Printable(finding.mend), "\n");
    }
  }
  absl::StrAppend(&text, "\n",
                  broken > 0 ? absl::StrCat(Count(broken, "thing"), " broken, ")
                             : "Nothing is broken; ",
                  Count(warnings, "warning"), ".\n");
  return text;
}

nlohmann::ordered_json DiagnosisJson(const Diagnosis& diagnosis) {
  nlohmann::ordered_json json = {{"ok", diagnosis.ok()},
                                 {"findings", nlohmann::ordered_json::array()}};
  for (const Diagnosis::Entry& entry : diagnosis.entries) {
    json["findings"].push_back({{"check", entry.check},
                                {"level", Word(entry.finding.level)},
                                {"subject", entry.finding.subject},
                                {"text", entry.finding.text},
                                {"mend", entry.finding.mend}});
  }
  return json;
}

}  // namespace kso::cli
