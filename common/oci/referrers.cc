// SPDX-License-Identifier: Apache-2.0
#include "common/oci/referrers.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/oci/documents.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "common/text/json.h"

namespace kso::oci {
namespace {

// The texts of a map; what is no text there says nothing.
std::map<std::string, std::string> AnnotationsOf(const Json& entry) {
  std::map<std::string, std::string> texts;
  const absl::StatusOr<const Json*> annotations = FieldOf(entry, "annotations");
  if (!annotations.ok() || *annotations == nullptr) return texts;
  for (const auto& [key, value] : (*annotations)->items()) {
    if (value.is_string()) texts[key] = value.get<std::string>();
  }
  return texts;
}

DocumentJson ReferrerJson(const Referrer& referrer) {
  DocumentJson json = DescriptorJson(referrer.manifest);
  if (!referrer.artifact_type.empty()) {
    json["artifactType"] = referrer.artifact_type;
  }
  if (!referrer.annotations.empty()) json["annotations"] = referrer.annotations;
  return json;
}

}  // namespace

absl::StatusOr<std::vector<Referrer>> ParseReferrers(
    std::string_view content, std::string_view media_type) {
  KSO_ASSIGN_OR_RETURN(const Index index, ParseIndex(content, media_type));
  KSO_ASSIGN_OR_RETURN(const Json json, ParseJson(content));
  std::vector<Referrer> referrers;
  for (size_t i = 0; i < index.manifests.size(); ++i) {
    const Json& entry = json["manifests"][i];
    referrers.push_back({.manifest = index.manifests[i],
                         .artifact_type = StringOf(entry, "artifactType"),
                         .annotations = AnnotationsOf(entry)});
  }
  return referrers;
}

std::vector<Referrer> MergeReferrers(std::vector<Referrer> first,
                                     const std::vector<Referrer>& second) {
  first.insert(first.end(), second.begin(), second.end());
  std::map<std::string, Referrer> by_digest;
  for (Referrer& referrer : first) {
    std::string digest = referrer.manifest.digest();
    by_digest.try_emplace(std::move(digest), std::move(referrer));
  }
  std::vector<Referrer> merged;
  for (auto& [digest, referrer] : by_digest) {
    merged.push_back(std::move(referrer));
  }
  return merged;
}

v1::Document MakeReferrersIndex(const std::vector<Referrer>& referrers) {
  DocumentJson manifests = DocumentJson::array();
  for (const Referrer& referrer : referrers) {
    manifests.push_back(ReferrerJson(referrer));
  }
  const DocumentJson json = {{"schemaVersion", 2},
                             {"mediaType", kOciIndex},
                             {"manifests", std::move(manifests)}};
  return MakeDocument(kOciIndex, json.dump());
}

}  // namespace kso::oci
