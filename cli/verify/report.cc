// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/report.h"

#include "absl/strings/str_cat.h"
#include "cli/render/text.h"
#include "common/oci/platform.h"
#include "nlohmann/json.hpp"

namespace kso::cli {

std::string ReportText(const std::string& reference, const ImageReport& report,
                       bool quick) {
  std::string text = absl::StrCat(reference, "\n");
  if (!report.top.digest().empty()) {
    absl::StrAppend(&text, "  digest  ", report.top.digest(), "\n");
  }
  for (const PlatformReport& platform : report.platforms) {
    absl::StrAppend(
        &text, "  ",
        Printable(oci::FormatPlatform(platform.manifest.platform())), "  ",
        platform.manifest.digest(), "  ", Count(platform.layers, "layer"), ", ",
        FormatBytes(platform.bytes),
        platform.problems.empty() ? ": ok" : ": NOT OK", "\n");
    for (const std::string& problem : platform.problems) {
      absl::StrAppend(&text, "    ", Printable(problem), "\n");
    }
  }
  for (const std::string& problem : report.problems) {
    absl::StrAppend(&text, "  ", Printable(problem), "\n");
  }
  if (report.is_signed) {
    absl::StrAppend(&text, "  signed by the key");
    for (const std::string& type : report.attested) {
      absl::StrAppend(&text,
                      &type == &report.attested[0] ? ", attested: " : ", ",
                      Printable(type));
    }
    absl::StrAppend(&text, "\n");
  }
  if (report.top.digest().empty()) {
    return absl::StrCat(text, "The image could not be checked.\n");
  }
  if (!report.ok()) {
    return absl::StrCat(text, "The image is not what it promises.\n");
  }
  absl::StrAppend(&text, quick ? "Everything is there.\n"
                               : "Everything is there, byte for byte.\n");
  return text;
}

nlohmann::ordered_json ReportJson(const std::string& reference,
                                  const ImageReport& report) {
  nlohmann::ordered_json json;
  json["reference"] = reference;
  json["digest"] = report.top.digest();
  json["ok"] = report.ok();
  json["problems"] = report.problems;
  if (report.is_signed) {
    json["signed"] = true;
    json["attested"] = report.attested;
  }
  json["platforms"] = nlohmann::ordered_json::array();
  for (const PlatformReport& platform : report.platforms) {
    nlohmann::ordered_json item;
    item["platform"] = oci::FormatPlatform(platform.manifest.platform());
    item["digest"] = platform.manifest.digest();
    item["layers"] = platform.layers;
    item["bytes"] = platform.bytes;
    item["problems"] = platform.problems;
    json["platforms"].push_back(std::move(item));
  }
  return json;
}

}  // namespace kso::cli
