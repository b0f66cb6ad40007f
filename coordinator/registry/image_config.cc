// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/image_config.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/manifest.h"
#include "common/oci/platform.h"
#include "common/text/json.h"

namespace kso::coordinator {
namespace {

// Appends a slash where there is none, so that directories compare by prefix.
std::string AsDirectory(const std::string& path) {
  return absl::EndsWith(path, "/") ? path : absl::StrCat(path, "/");
}

void DropVolumes(Json& config, const std::string& served_directory) {
  const auto volumes = config.find("Volumes");
  if (volumes == config.end() || !volumes->is_object()) return;
  const std::string served = AsDirectory(served_directory);
  Json kept = Json::object();
  for (const auto& [path, value] : volumes->items()) {
    const std::string volume = AsDirectory(path);
    if (absl::StartsWith(volume, served) || absl::StartsWith(served, volume)) {
      continue;
    }
    kept[path] = value;
  }
  if (kept.empty()) {
    config.erase("Volumes");
  } else {
    *volumes = std::move(kept);
  }
}

// The object under `key`, made where there is none.
Json& ObjectAt(Json& json, const char* key) {
  Json& value = json[key];
  if (!value.is_object()) value = Json::object();
  return value;
}

size_t LayersIn(const Json& history) {
  size_t count = 0;
  for (const Json& entry : history) {
    const bool is_empty = entry.is_object() && entry.contains("empty_layer") &&
                          entry["empty_layer"] == true;
    if (!is_empty) ++count;
  }
  return count;
}

// The time under "created"; the start of 1970 where there is none, or one that
// says nothing: tools write that start, or the year 1, for a time that they do
// not know.
absl::Time CreatedOf(const Json& json) {
  if (!json.is_object()) return absl::UnixEpoch();
  const auto created = json.find("created");
  absl::Time time;
  std::string error;
  if (created == json.end() || !created->is_string() ||
      !absl::ParseTime(absl::RFC3339_full, created->get<std::string>(), &time,
                       &error) ||
      time >= absl::FromCivil(absl::CivilYear(10'000), absl::UTCTimeZone())) {
    return absl::UnixEpoch();
  }
  return std::max(time, absl::UnixEpoch());
}

// The newest time that the base tells, which is that of an image on top of it:
// no part of it is known to be newer, and the same content has the same time,
// whenever and from whichever host or mirror it is built. Empty where the base
// tells none.
std::string NewestTimeOf(const Json& base) {
  absl::Time newest = CreatedOf(base);
  const auto history = base.find("history");
  if (history != base.end() && history->is_array()) {
    for (const Json& entry : *history) {
      newest = std::max(newest, CreatedOf(entry));
    }
  }
  if (newest == absl::UnixEpoch()) return "";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", newest, absl::UTCTimeZone());
}

void SetCreated(Json& json, const std::string& created) {
  if (created.empty()) {
    json.erase("created");
  } else {
    json["created"] = created;
  }
}

Json HistoryLine(std::string_view created_by, const std::string& created) {
  Json line = {{"created_by", created_by}};
  SetCreated(line, created);
  return line;
}

// The history of the base. History is for people, yet tools refuse one that
// does not fit the layers, so a base without a proper one gets a plain one.
Json BaseHistory(const Json& config, size_t layers,
                 const std::string& created) {
  const auto history = config.find("history");
  if (history != config.end() && history->is_array() &&
      LayersIn(*history) == layers) {
    return *history;
  }
  Json plain = Json::array();
  for (size_t i = 0; i < layers; ++i) {
    plain.push_back(HistoryLine("layer of the base image", created));
  }
  return plain;
}

absl::Status CheckBase(const ChosenManifest& base) {
  KSO_ASSIGN_OR_RETURN(const oci::ImageConfig config,
                       oci::ParseImageConfig(base.config.content()));
  if (config.diff_ids.size() != base.manifest.layers.size()) {
    return absl::InvalidArgumentError(
        Concat("its config names ", config.diff_ids.size(),
               " layers, its manifest ", base.manifest.layers.size()));
  }
  if (!oci::PlatformSatisfies(config.platform, base.platform)) {
    return absl::InvalidArgumentError(
        Concat("its config says ", oci::FormatPlatform(config.platform),
               " where its index says ", oci::FormatPlatform(base.platform)));
  }
  return absl::OkStatus();
}

// Refuses keys that differ only in case from fields that are written here: to
// many readers both would be the same field.
absl::Status CheckFields(const Json& object,
                         std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    KSO_RETURN_IF_ERROR(FieldOf(object, key).status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ExtendConfig(const ChosenManifest& base,
                                         const ImageAdditions& additions) {
  KSO_RETURN_IF_ERROR(CheckBase(base));
  KSO_ASSIGN_OR_RETURN(Json json, ParseJson(base.config.content()));
  KSO_RETURN_IF_ERROR(CheckFields(
      json, {"history", "created", "config", "container", "container_config"}));
  const std::string created = NewestTimeOf(json);
  json["history"] = BaseHistory(json, base.manifest.layers.size(), created);
  for (const std::string& line : additions.history) {
    json["history"].push_back(HistoryLine(line, created));
  }
  for (const std::string& diff_id : additions.diff_ids) {
    json["rootfs"]["diff_ids"].push_back(diff_id);
  }
  SetCreated(json, created);
  // In these fields Docker's old builder says how it made the base. That is no
  // longer true, and has another copy of the volumes.
  json.erase("container");
  json.erase("container_config");

  Json& config = ObjectAt(json, "config");
  KSO_RETURN_IF_ERROR(
      CheckFields(config, {"Volumes", "ExposedPorts", "Labels"}));
  DropVolumes(config, additions.served_directory);
  ObjectAt(config, "ExposedPorts")[additions.port] = Json::object();
  Json& labels = ObjectAt(config, "Labels");
  labels["org.opencontainers.image.title"] = additions.title;
  // The label has the base's version. That of this image is in the index.
  labels.erase("org.opencontainers.image.version");
  return json.dump(-1, ' ', /*ensure_ascii=*/false,
                   Json::error_handler_t::replace);
}

}  // namespace kso::coordinator
