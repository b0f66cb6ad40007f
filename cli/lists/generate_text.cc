// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/generate_text.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/text/printable_text.h"
#include "common/text/text.h"

namespace kso::cli {
namespace {

int64_t FilesOf(const Generated& generated, const std::string& architecture) {
  const auto& files = generated.listing.files();
  return std::count_if(files.begin(), files.end(), [&](const auto& file) {
    return file.architectures.contains(architecture);
  });
}

int64_t HashedFiles(const Generated& generated) {
  const auto& files = generated.listing.files();
  return std::count_if(files.begin(), files.end(),
                       [](const auto& file) { return !file.digest.empty(); });
}

std::string OverriddenText(const Generated& generated) {
  if (generated.overridden.empty()) return "";
  std::string text =
      "\nThe inventory overrides these addresses; the lists name upstream "
      "(--keep VARIABLE takes one as it is):\n";
  for (const auto& [name, value] : generated.overridden) {
    absl::StrAppend(&text, "  ", name, ": ", value, "\n");
  }
  return text;
}

std::string UnsettledText(const Generated& generated) {
  const auto& unsettled = generated.listing.unsettled();
  if (unsettled.empty()) return "\nEverything was settled.\n";
  std::string text =
      "\nNot settled; add by hand what your cluster needs of it:\n";
  for (const Unsettled& entry : unsettled) {
    std::vector<std::string> parts;
    if (!entry.role.empty()) parts.push_back("roles/" + entry.role);
    if (!entry.variable.empty()) parts.push_back(entry.variable);
    absl::StrAppend(&text, "  ", absl::StrJoin(parts, ", "),
                    parts.empty() ? "" : ": ", entry.why, "\n");
  }
  return text;
}

}  // namespace

std::string GenerateText(const Generated& generated,
                         const GenerateReport& report) {
  const auto& listing = generated.listing;
  std::string text = absl::StrCat(
      "Wrote ", report.directory, " for Kubespray ", generated.version,
      ", rendered with ansible-core ", generated.ansible_version, " for ",
      absl::StrJoin(generated.hosts, ", "), ":\n  ",
      FilesOf(generated, "amd64"), " files for amd64, ",
      FilesOf(generated, "arm64"), " for arm64; hashes are stated for ",
      HashedFiles(generated), " of ", listing.files().size(), " in all\n  ",
      Count(static_cast<int64_t>(listing.images().size()), "image"), "\n");
  if (report.kept_release) {
    absl::StrAppend(&text, "The release.yaml that was there is as it was.\n");
  }
  absl::StrAppend(&text, OverriddenText(generated), UnsettledText(generated));
  if (!report.smells.empty()) {
    absl::StrAppend(&text, "\nLook at these:\n", SmellsText(report.smells));
  }
  return absl::StrCat(PrintableLines(text, text.size()),
                      "\nNext: set `destination:` in ", report.directory,
                      "/release.yaml, then ksoctl plan -f ", report.directory,
                      "/release.yaml\n");
}

nlohmann::ordered_json GenerateJson(const Generated& generated,
                                    const GenerateReport& report) {
  nlohmann::ordered_json document;
  document["directory"] = PrintableText(report.directory);
  document["kubespray"] = PrintableText(generated.version);
  document["ansible"] = PrintableText(generated.ansible_version);
  document["hosts"] = generated.hosts;
  document["keptRelease"] = report.kept_release;
  document["files"] = {{"amd64", FilesOf(generated, "amd64")},
                       {"arm64", FilesOf(generated, "arm64")}};
  document["hashed"] = HashedFiles(generated);
  document["images"] = generated.listing.images().size();
  nlohmann::ordered_json unsettled = nlohmann::ordered_json::array();
  for (const Unsettled& entry : generated.listing.unsettled()) {
    unsettled.push_back({{"role", PrintableText(entry.role)},
                         {"variable", PrintableText(entry.variable)},
                         {"why", PrintableText(entry.why)}});
  }
  document["unsettled"] = std::move(unsettled);
  nlohmann::ordered_json overridden = nlohmann::ordered_json::array();
  for (const auto& [name, value] : generated.overridden) {
    overridden.push_back({{"variable", name}, {"value", value}});
  }
  document["overridden"] = std::move(overridden);
  document["warnings"] = SmellsArray(report.smells);
  return document;
}

}  // namespace kso::cli
