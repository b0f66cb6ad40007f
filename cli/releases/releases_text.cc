// SPDX-License-Identifier: Apache-2.0
#include "cli/releases/releases_text.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/render/text.h"
#include "common/text/text.h"

namespace kso::cli {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

constexpr char kIndent[] = "  ";

std::string TextOf(const PartKey& key) {
  return absl::StrCat(key.image, key.image.empty() ? "" : "@", key.digest);
}

Json TagsJson(const std::vector<Tag>& tags) {
  Json json = Json::array();
  for (const Tag& tag : tags) {
    json.push_back({{"name", tag.ToString()}, {"digest", tag.digest}});
  }
  return json;
}

Json PartsJson(const std::set<PartKey>& parts) {
  Json json = Json::array();
  for (const PartKey& key : parts) json.push_back(TextOf(key));
  return json;
}

std::string ReleaseText(const PlacedRelease& release) {
  std::string text = absl::StrCat(
      Printable(release.name), "  ", absl::StrJoin(release.platforms, ", "),
      "  ", FormatBytes(release.bytes), ", ", FormatBytes(release.own_bytes),
      " of it in no other release\n");
  Rows rows;
  for (const auto* tags : {&release.tags, &release.evidence}) {
    for (const Tag& tag : *tags) {
      rows.push_back({Printable(tag.ToString()), Printable(tag.digest)});
    }
  }
  absl::StrAppend(&text, FormatTable(rows, kIndent));
  if (!release.trouble.ok()) {
    absl::StrAppend(&text, kIndent, Printable(release.trouble.message()), "\n");
  }
  return text;
}

std::string KeptText(const RemovalPlan& plan,
                     const std::set<PartKey>& missing) {
  if (plan.kept.empty()) return "No release is left there then.\n";
  Rows rows = {{"STAYS", "MANIFESTS", "BLOBS", "SIZE", "SHARED"}};
  for (const KeptRelease& kept : plan.kept) {
    rows.push_back({Printable(kept.name), absl::StrCat(kept.documents),
                    absl::StrCat(kept.blobs), FormatBytes(kept.bytes),
                    absl::StrCat(kept.shared)});
  }
  std::string text = absl::StrCat(
      FormatTable(rows, kIndent),
      "None of their manifests and blobs is deleted, nor left without what "
      "refers to it;\nSHARED are those that a release which goes has, too. ");
  if (missing.empty()) {
    absl::StrAppend(&text, "All ", plan.kept_parts.size(),
                    " of them were asked for, and are there.\n");
    return text;
  }
  absl::StrAppend(&text, "These are not there already:\n");
  for (const PartKey& key : missing) {
    absl::StrAppend(&text, kIndent, Printable(TextOf(key)), "\n");
  }
  return text;
}

}  // namespace

std::string ReleasesText(const std::string& destination,
                         const std::map<std::string, PlacedRelease>& releases) {
  if (releases.empty()) {
    return absl::StrCat("There are no releases at ", Printable(destination),
                        ".\n");
  }
  std::string text;
  for (const auto& [name, release] : releases) {
    absl::StrAppend(&text, ReleaseText(release));
  }
  return text;
}

Json ReleasesJson(const std::string& destination,
                  const std::map<std::string, PlacedRelease>& releases) {
  Json list = Json::array();
  for (const auto& [name, release] : releases) {
    list.push_back({{"name", name},
                    {"platforms", release.platforms},
                    {"bytes", release.bytes},
                    {"ownBytes", release.own_bytes},
                    {"tags", TagsJson(release.tags)},
                    {"evidence", TagsJson(release.evidence)},
                    {"problem", std::string(release.trouble.message())}});
  }
  return {{"destination", destination}, {"releases", std::move(list)}};
}

std::string PlanText(const std::string& destination, const RemovalPlan& plan,
                     const std::set<PartKey>& missing) {
  Rows rows;
  for (const Tag& tag : plan.removal.tags) {
    rows.push_back({Printable(tag.ToString()), Printable(tag.digest)});
  }
  return absl::StrCat(
      "Plan ", plan.id, ": to remove ",
      Printable(absl::StrJoin(plan.names, ", ")), " from ",
      Printable(destination), " is to delete\n", FormatTable(rows, kIndent),
      kIndent, "and all of the ", plan.removal.documents.size(),
      " indexes and manifests there that nothing else refers to. ",
      plan.freed.size(),
      " configs and layers then have no user: ", FormatBytes(plan.freed_bytes),
      ".\n", KeptText(plan, missing));
}

Json PlanJson(const std::string& destination, const RemovalPlan& plan,
              const std::set<PartKey>& missing, bool done) {
  Json manifests = Json::array();
  for (const PartKey& key : plan.removal.documents) {
    manifests.push_back(TextOf(key));
  }
  Json blobs = Json::array();
  for (const auto& [digest, descriptor] : plan.freed) {
    blobs.push_back({{"digest", digest}, {"size", descriptor.size()}});
  }
  Json kept = Json::array();
  for (const KeptRelease& release : plan.kept) {
    kept.push_back({{"name", release.name},
                    {"manifests", release.documents},
                    {"blobs", release.blobs},
                    {"bytes", release.bytes},
                    {"shared", release.shared}});
  }
  return {{"destination", destination},
          {"plan", plan.id},
          {"releases", plan.names},
          {"tags", TagsJson(plan.removal.tags)},
          {"manifests", std::move(manifests)},
          {"blobs", std::move(blobs)},
          {"freedBytes", plan.freed_bytes},
          {"kept", std::move(kept)},
          {"missing", PartsJson(missing)},
          {"done", done}};
}

}  // namespace kso::cli
