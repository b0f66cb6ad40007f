// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_DOCTOR_DIAGNOSIS_H_
#define KSO_CLI_DOCTOR_DIAGNOSIS_H_

#include <memory>
#include <string>
#include <vector>

#include "cli/doctor/check.h"
#include "cli/doctor/finding.h"
#include "nlohmann/json_fwd.hpp"

namespace kso::cli {

// The findings of all checks.
struct Diagnosis {
  struct Entry {
    std::string check;
    Finding finding;
  };
  std::vector<Entry> entries;

  // Nothing is broken.
  bool ok() const;
};

Diagnosis Examine(const Surroundings& surroundings,
                  const std::vector<std::unique_ptr<Check>>& checks);

// For a person: a line for each finding, and under it how to mend it.
std::string DiagnosisText(const Diagnosis& diagnosis);
// For programs: {"ok", "findings": [{"check", "level", "subject", "text",
// "mend"}]}; levels are "good", "warning", "broken".
nlohmann::ordered_json DiagnosisJson(const Diagnosis& diagnosis);

}  // namespace kso::cli

#endif  // KSO_CLI_DOCTOR_DIAGNOSIS_H_
