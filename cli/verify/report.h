// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_REPORT_H_
#define KSO_CLI_VERIFY_REPORT_H_

#include <string>

#include "cli/verify/image_check.h"
#include "nlohmann/json_fwd.hpp"

namespace kso::cli {

// The findings of a check, for a person.
std::string ReportText(const std::string& reference, const ImageReport& report,
                       bool quick);

// The same for programs: {"reference", "digest", "ok", "problems", "platforms":
// [{"platform", "digest", "layers", "bytes", "problems"}]}.
nlohmann::ordered_json ReportJson(const std::string& reference,
                                  const ImageReport& report);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_REPORT_H_
