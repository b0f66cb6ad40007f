// SPDX-License-Identifier: Apache-2.0
#include "common/oci/layout_index.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "common/text/json.h"

namespace kso::oci {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kRefName[] = "org.opencontainers.image.ref.name";

// The grammar of ref names (OCI image spec, annotations.md): words of letters
// and digits, with a "/", one of "-._:@+", or "--" between two of them.
bool IsValidRefName(std::string_view text) {
  constexpr std::string_view kSeparators = "-._:@+/";
  bool word = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(text[i]))) {
      word = true;
      continue;
    }
    if (!word || kSeparators.find(text[i]) == std::string_view::npos) {
      return false;
    }
    if (text.substr(i).starts_with("--")) ++i;
    word = false;
  }
  return word;
}

// An index.json, which has an array "manifests".
absl::StatusOr<Json> ParseLayoutIndex(std::string_view existing) {
  absl::StatusOr<Json> json = ParseOrderedJson(existing);
  if (json.ok() && json->is_object()) {
    const auto manifests = json->find("manifests");
    if (manifests != json->end() && manifests->is_array()) return json;
  }
  return absl::FailedPreconditionError(
      "its index.json is not that of an OCI image layout: move it away, or "
      "choose another directory");
}

absl::StatusOr<Json> ExistingEntries(std::string_view existing) {
  if (existing.empty()) return Json::array();
  KSO_ASSIGN_OR_RETURN(Json index, ParseLayoutIndex(existing));
  return std::move(index["manifests"]);
}

// Text that is not UTF-8 must not make the library throw.
std::string TextOf(const Json& index) {
  return index.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string TextAt(const Json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto value = object.find(key);
  return value != object.end() && value->is_string() ? value->get<std::string>()
                                                     : "";
}

std::string RefNameOf(const Json& entry) {
  if (!entry.is_object()) return "";
  const auto annotations = entry.find("annotations");
  if (annotations == entry.end() || !annotations->is_object()) return "";
  return TextAt(*annotations, kRefName);
}

}  // namespace

std::string LayoutBlobPath(const Digest& digest) {
  return Concat("blobs/", digest.algorithm_name(), "/", digest.hex());
}

absl::StatusOr<std::string> MergeLayoutIndex(
    std::string_view existing, const std::vector<LayoutImage>& images,
    const std::map<std::string, std::string>& annotations) {
  std::set<std::string> names;
  Json entries = Json::array();
  for (const LayoutImage& image : images) {
    KSO_ASSIGN_OR_RETURN(const Digest digest,
                         Digest::Parse(image.index.digest()));
    for (const std::string& name : image.ref_names) {
      if (!IsValidRefName(name)) {
        return absl::InvalidArgumentError(
            Concat("\"", absl::CHexEscape(name),
                   "\" cannot be a name in an OCI image layout"));
      }
      if (!names.insert(name).second) {
        return absl::InvalidArgumentError(
            Concat("two images of a layout are named \"", name, "\""));
      }
      entries.push_back({{"mediaType", image.index.media_type()},
                         {"digest", digest.ToString()},
                         {"size", image.index.size()},
                         {"annotations", {{kRefName, name}}}});
    }
  }
  KSO_ASSIGN_OR_RETURN(const Json old_entries, ExistingEntries(existing));
  Json merged = Json::array();
  for (const Json& entry : old_entries) {
    if (!names.contains(RefNameOf(entry))) merged.push_back(entry);
  }
  for (Json& entry : entries) merged.push_back(std::move(entry));
  Json index = {{"schemaVersion", 2},
                {"mediaType", std::string(kOciIndex)},
                {"manifests", std::move(merged)}};
  if (!annotations.empty()) index["annotations"] = annotations;
  return TextOf(index);
}

absl::StatusOr<LayoutContents> ReadLayoutIndex(std::string_view index_json) {
  const absl::StatusOr<Index> index = ParseIndex(index_json, kOciIndex);
  if (!index.ok()) {
    return absl::InvalidArgumentError(
        Concat("index.json: ", ToStd(index.status().message())));
  }
  KSO_ASSIGN_OR_RETURN(const Json json, ParseOrderedJson(index_json));
  LayoutContents contents;
  for (size_t i = 0; i < index->manifests.size(); ++i) {
    contents.images.push_back(
        {RefNameOf(json["manifests"][i]), index->manifests[i]});
  }
  const auto annotations = json.find("annotations");
  if (annotations != json.end() && annotations->is_object()) {
    for (const auto& [key, value] : annotations->items()) {
      if (value.is_string()) {
        contents.annotations[key] = value.get<std::string>();
      }
    }
  }
  return contents;
}

absl::StatusOr<std::string> WithoutLayoutNames(
    std::string_view existing, const std::set<std::string>& names) {
  KSO_ASSIGN_OR_RETURN(Json index, ParseLayoutIndex(existing));
  Json left = Json::array();
  for (Json& entry : index["manifests"]) {
    if (!names.contains(RefNameOf(entry))) left.push_back(std::move(entry));
  }
  index["manifests"] = std::move(left);
  return TextOf(index);
}

}  // namespace kso::oci
