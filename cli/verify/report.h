// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_REPORT_H_
#define KSO_CLI_VERIFY_REPORT_H_

#include <string>
#include <vector>

#include "cli/verify/image_check.h"
#include "nlohmann/json_fwd.hpp"

namespace kso::cli {

// The findings of a check, for a person.
std::string ReportText(const std::string& reference, const ImageReport& report,
                       bool quick);

// The same for programs, as docs/json.md has an image.
nlohmann::ordered_json ReportJson(const std::string& reference,
                                  const ImageReport& report);

// An image that was verified, by its name.
struct NamedReport {
  std::string reference;
  const ImageReport* report = nullptr;
};

// The outcome of a whole verification.
struct VerificationSummary {
  // "quick", "static", "serve" or "exec": what was done.
  std::string level;
  // Why the images were not run, where they would have been; may be empty.
  std::string not_run;
  std::vector<NamedReport> images;

  bool ok() const;
};

std::string VerificationText(const VerificationSummary& summary);

// As docs/json.md has it. Of a single image, its fields stand at the top, too.
nlohmann::ordered_json VerificationJson(const VerificationSummary& summary);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_REPORT_H_
