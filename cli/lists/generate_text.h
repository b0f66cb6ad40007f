// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_LISTS_GENERATE_TEXT_H_
#define KSO_CLI_LISTS_GENERATE_TEXT_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/lists/generate.h"
#include "cli/lists/list_check.h"

namespace kso::cli {

// The report of `ksoctl lists generate` on the lists that it wrote.
struct GenerateReport {
  std::string directory;
  // A release.yaml that was there has been left alone.
  bool kept_release = false;
  // The warnings about the lists.
  std::vector<Smell> smells;
};

// For a person.
std::string GenerateText(const Generated& generated,
                         const GenerateReport& report);

// For programs: {"directory", "kubespray", "ansible", "hosts", "keptRelease",
// "files": {"amd64", "arm64"}, "hashed", "images", "unsettled": [{"role",
// "variable", "why"}], "overridden": [{"variable", "value"}], "warnings": [as
// SmellsJson has them]}.
nlohmann::ordered_json GenerateJson(const Generated& generated,
                                    const GenerateReport& report);

}  // namespace kso::cli

#endif  // KSO_CLI_LISTS_GENERATE_TEXT_H_
