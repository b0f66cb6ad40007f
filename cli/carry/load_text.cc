// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/load_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/render/text.h"
#include "common/oci/destination.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

std::string ReferenceOf(const v1::Destination& destination,
                        const LoadedImage& image) {
  return absl::StrCat(oci::DestinationHost(destination), "/", image.repository,
                      ":", image.tag);
}

}  // namespace

std::string LoadText(const v1::Destination& destination,
                     const LoadReport& report) {
  std::vector<std::vector<std::string>> rows;
  for (const LoadedImage& image : report.images) {
    rows.push_back({ReferenceOf(destination, image), image.digest});
  }
  std::string text = FormatTable(rows);
  absl::StrAppend(&text, "Pushed ", Count(report.pushed, "blob"), ", ",
                  FormatBytes(report.bytes_pushed), "; ",
                  Count(report.there, "blob"),
                  report.there == 1 ? " was there" : " were there");
  if (report.mounted > 0) {
    absl::StrAppend(&text, ", and ", Count(report.mounted, "blob"),
                    " in another repository");
  }
  absl::StrAppend(&text, ".\n");
  for (const std::string& note : report.notes) {
    absl::StrAppend(&text, "Note: ", Printable(note), "\n");
  }
  return text;
}

nlohmann::ordered_json LoadJson(const v1::Destination& destination,
                                const LoadReport& report) {
  nlohmann::ordered_json json = {{"images", nlohmann::ordered_json::array()},
                                 {"bytesPushed", report.bytes_pushed},
                                 {"blobsPushed", report.pushed},
                                 {"blobsThere", report.there},
                                 {"blobsMounted", report.mounted},
                                 {"notes", report.notes}};
  for (const LoadedImage& image : report.images) {
    json["images"].push_back({{"reference", ReferenceOf(destination, image)},
                              {"digest", image.digest}});
  }
  return json;
}

}  // namespace kso::cli
