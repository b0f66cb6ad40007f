// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/runc_version.h"

#include <array>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/strings.h"
#include "common/text/printable_text.h"

namespace kso::worker {
namespace {

using Version = std::array<int, 3>;

// "1.1.5+ds1", "1.2.0-rc.3" and "1.3.3": what comes behind the numbers tells
// nothing of holes.
std::optional<Version> ParseVersion(absl::string_view text) {
  text = text.substr(0, text.find_first_of("+-~"));
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  Version version = {};
  if (parts.size() != version.size()) return std::nullopt;
  for (size_t i = 0; i < version.size(); ++i) {
    if (!absl::SimpleAtoi(parts[i], &version[i])) return std::nullopt;
  }
  return version;
}

// The rest of the line of `output` that begins with `start`.
absl::string_view LineAfter(absl::string_view output, absl::string_view start) {
  for (absl::string_view line : absl::StrSplit(output, '\n')) {
    if (absl::ConsumePrefix(&line, start)) return line;
  }
  return "";
}

// https://github.com/opencontainers/runc/security/advisories
std::vector<std::string> HolesOf(const Version& version,
                                 absl::string_view package) {
  std::vector<std::string> holes;
  // Debian 12 mended it in its first update (DSA-5615-1).
  const bool mended = absl::StrContains(package, "+deb12u");
  if (version < Version{1, 1, 12} && !mended) {
    holes.emplace_back("CVE-2024-21626 (mended in 1.1.12)");
  }
  if (version < Version{1, 2, 8} ||
      (version >= Version{1, 3, 0} && version < Version{1, 3, 3})) {
    holes.emplace_back(
        "CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881 (mended in 1.2.8 "
        "and 1.3.3)");
  }
  return holes;
}

}  // namespace

std::string RuncRemark(std::string_view version_output) {
  const absl::string_view output = ToAbsl(version_output);
  const absl::string_view named = LineAfter(output, "runc version ");
  const absl::string_view package = LineAfter(output, "commit: ");
  const std::optional<Version> version = ParseVersion(named);
  if (!version.has_value()) return "";
  const std::vector<std::string> holes = HolesOf(*version, package);
  if (holes.empty()) return "";
  return PrintableText(
      Concat("runc ", named, package.empty() ? "" : Concat(" (", package, ")"),
             " may let images break out: ", absl::StrJoin(holes, ", "),
             "; install a newer one, or see whether the distribution's has "
             "mended them"));
}

}  // namespace kso::worker
