// SPDX-License-Identifier: Apache-2.0
#include "cli/diff/diff_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/render/text.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

std::string Size(int64_t size) { return size < 0 ? "" : FormatBytes(size); }

std::string Change(const diff::ChangedItem& item) {
  if (item.version_from == item.version_to) return "other content";
  return absl::StrCat(Printable(item.version_from), " -> ",
                      Printable(item.version_to));
}

std::string SizeChange(const diff::ChangedItem& item) {
  if (item.from.size < 0 || item.to.size < 0) return Size(item.to.size);
  return absl::StrCat(FormatBytes(item.from.size), " -> ",
                      FormatBytes(item.to.size));
}

std::string ItemsText(absl::string_view title, const diff::ItemsDiff& diff) {
  std::string text =
      absl::StrCat(title, ": ", diff.added.size(), " added, ",
                   diff.dropped.size(), " dropped, ", diff.changed.size(),
                   " changed, ", diff.same, " as before\n");
  Rows rows;
  for (const diff::Item& item : diff.added) {
    rows.push_back({"+", Printable(item.name), "", Size(item.size)});
  }
  for (const diff::Item& item : diff.dropped) {
    rows.push_back({"-", Printable(item.name), "", Size(item.size)});
  }
  for (const diff::ChangedItem& item : diff.changed) {
    rows.push_back(
        {"~", Printable(item.to.name), Change(item), SizeChange(item)});
  }
  return absl::StrCat(text, FormatTable(rows, "  "));
}

std::string SumText(const diff::Sum& sum) {
  if (sum.unknown == 0) return FormatBytes(sum.bytes);
  const std::string unknown =
      absl::StrCat(Count(sum.unknown, "item"), " of unknown size");
  return sum.bytes == 0
             ? unknown
             : absl::StrCat(FormatBytes(sum.bytes), " and ", unknown);
}

Json ItemJson(const diff::Item& item) {
  Json json = {{"name", item.name}};
  if (!item.digest.empty()) json["digest"] = item.digest;
  if (item.size >= 0) json["size"] = item.size;
  return json;
}

Json ItemsJson(const diff::ItemsDiff& diff) {
  Json json = {{"added", Json::array()},
               {"dropped", Json::array()},
               {"changed", Json::array()},
               {"same", diff.same}};
  for (const diff::Item& item : diff.added)
    json["added"].push_back(ItemJson(item));
  for (const diff::Item& item : diff.dropped) {
    json["dropped"].push_back(ItemJson(item));
  }
  for (const diff::ChangedItem& item : diff.changed) {
    json["changed"].push_back({{"from", ItemJson(item.from)},
                               {"to", ItemJson(item.to)},
                               {"versionFrom", item.version_from},
                               {"versionTo", item.version_to}});
  }
  return json;
}

}  // namespace

std::string DiffText(const diff::ContentsDiff& diff) {
  std::string text = absl::StrCat(
      Printable(diff.from), " -> ", Printable(diff.to), "\n\n",
      ItemsText("Files", diff.files), "\n", ItemsText("Images", diff.images));
  if (!diff.settings.empty()) text += "\nSettings:\n";
  for (const diff::ChangedSetting& setting : diff.settings) {
    absl::StrAppend(
        &text, "  ~ ", setting.name, ": ",
        setting.from.empty() ? "(none)" : Printable(setting.from), " -> ",
        setting.to.empty() ? "(none)" : Printable(setting.to), "\n");
  }
  return absl::StrCat(text, "\nComes in: ", SumText(diff::Incoming(diff)),
                      "; goes out of use: ", SumText(diff::Outgoing(diff)),
                      "\n");
}

nlohmann::ordered_json DiffJson(const diff::ContentsDiff& diff) {
  Json json = {{"from", diff.from},
               {"to", diff.to},
               {"files", ItemsJson(diff.files)},
               {"images", ItemsJson(diff.images)},
               {"settings", Json::array()}};
  for (const diff::ChangedSetting& setting : diff.settings) {
    json["settings"].push_back(
        {{"name", setting.name}, {"from", setting.from}, {"to", setting.to}});
  }
  const diff::Sum incoming = diff::Incoming(diff);
  json["bytesNew"] = incoming.bytes;
  json["unknownSizes"] = incoming.unknown;
  json["bytesDropped"] = diff::Outgoing(diff).bytes;
  return json;
}

}  // namespace kso::cli
