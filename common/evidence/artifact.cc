// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/artifact.h"

#include <algorithm>
#include <utility>

#include "common/oci/documents.h"
#include "common/oci/media_types.h"
#include "common/oci/referrers.h"

namespace kso::evidence {
namespace {

constexpr std::string_view kEmptyType = "application/vnd.oci.empty.v1+json";

}  // namespace

Artifact MakeArtifact(const v1::Descriptor& subject, std::string_view type,
                      std::string content,
                      std::map<std::string, std::string> annotations) {
  Artifact artifact;
  artifact.type = std::string(type);
  artifact.annotations = std::move(annotations);
  artifact.config = oci::MakeDocument(kEmptyType, "{}");
  artifact.content = oci::MakeDocument(type, std::move(content));
  v1::Descriptor named = subject;
  named.clear_platform();
  oci::DocumentJson json = {
      {"schemaVersion", 2},
      {"mediaType", oci::kOciManifest},
      {"artifactType", artifact.type},
      {"config", oci::DescriptorJson(artifact.config.content_descriptor())},
      {"layers", oci::DocumentJson::array({oci::DescriptorJson(
                     artifact.content.content_descriptor())})},
      {"subject", oci::DescriptorJson(named)}};
  if (!artifact.annotations.empty()) json["annotations"] = artifact.annotations;
  artifact.manifest = oci::MakeDocument(oci::kOciManifest, json.dump());
  return artifact;
}

v1::Document MakeReferrersIndex(const std::vector<Artifact>& artifacts) {
  std::vector<oci::Referrer> referrers;
  for (const Artifact& artifact : artifacts) {
    referrers.push_back({.manifest = artifact.manifest.content_descriptor(),
                         .artifact_type = artifact.type,
                         .annotations = artifact.annotations});
  }
  return oci::MakeReferrersIndex(referrers);
}

std::string ReferrersTag(std::string_view digest) {
  std::string tag(digest);
  std::replace(tag.begin(), tag.end(), ':', '-');
  return tag;
}

bool IsEvidenceTag(std::string_view tag) {
  constexpr std::string_view kPrefix = "sha256-";
  constexpr size_t kHexDigits = 64;
  if (!tag.starts_with(kPrefix)) return false;
  const std::string_view rest = tag.substr(kPrefix.size());
  const std::string_view hex = rest.substr(0, kHexDigits);
  const std::string_view kind = rest.substr(hex.size());
  return hex.size() == kHexDigits &&
         hex.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
         (kind.empty() || kind == ".sig" || kind == ".att");
}

}  // namespace kso::evidence
