// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/provenance.h"

#include <utility>

#include "common/base/strings.h"
#include "common/base/version.h"
#include "common/oci/documents.h"
#include "common/oci/platform.h"
#include "common/text/json.h"

namespace kso::evidence {
namespace {

using Json = oci::DocumentJson;

constexpr char kBuildType[] = "urn:kso:build:release:v1";
constexpr char kBuilder[] = "urn:kso:coordinator";

// {"sha256": "HEX"}: a DigestSet of in-toto.
Json DigestSet(std::string_view digest) {
  const size_t colon = digest.find(':');
  if (colon == std::string_view::npos) return Json::object();
  return {{std::string(digest.substr(0, colon)), digest.substr(colon + 1)}};
}

Json Subjects(const v1::ImageResult& image) {
  Json subjects =
      Json::array({{{"name", image.name()},
                    {"digest", DigestSet(image.index().digest())}}});
  for (const v1::Descriptor& manifest : image.manifests()) {
    subjects.push_back(
        {{"name",
          Concat(image.name(), " ", oci::FormatPlatform(manifest.platform()))},
         {"digest", DigestSet(manifest.digest())}});
  }
  return subjects;
}

Json Dependency(std::string_view name, std::string_view digest) {
  const bool is_file = name.find("://") != std::string_view::npos;
  Json dependency = {
      {"uri", is_file ? std::string(name) : Concat("docker://", name)}};
  if (!digest.empty()) dependency["digest"] = DigestSet(digest);
  return dependency;
}

Json Dependencies(const BuildFacts& facts) {
  Json list = Json::array();
  if (!facts.base.empty()) {
    list.push_back(Dependency(facts.base, facts.base_digest));
  }
  for (const v1::ItemVerdict& item : facts.items) {
    list.push_back(Dependency(item.name(), item.digest()));
  }
  return list;
}

// Each layer with its maker. The names of annotations have their producer's
// before them (in-toto attestation framework 1.0, "Extension fields").
Json Makings(const BuildFacts& facts) {
  Json list = Json::array();
  for (const LayerMaking& making : facts.layers) {
    Json annotations = Json::object();
    if (!making.worker.empty()) annotations["kso_worker"] = making.worker;
    if (!making.platform.architecture().empty()) {
      annotations["kso_platform"] = oci::FormatPlatform(making.platform);
      annotations["kso_native"] = making.native;
    }
    list.push_back({{"digest", DigestSet(making.layer.digest())},
                    {"mediaType", making.layer.media_type()},
                    {"annotations", std::move(annotations)}});
  }
  return list;
}

Json StatementWith(const v1::ImageResult& image,
                   std::string_view predicate_type, Json predicate) {
  return {{"_type", "https://in-toto.io/Statement/v1"},
          {"subject", Subjects(image)},
          {"predicateType", predicate_type},
          {"predicate", std::move(predicate)}};
}

}  // namespace

std::string MakeProvenance(const BuildFacts& facts) {
  Json platforms = Json::array();
  for (const v1::Platform& platform : facts.platforms) {
    platforms.push_back(oci::FormatPlatform(platform));
  }
  Json predicate = {
      {"buildDefinition",
       {{"buildType", kBuildType},
        {"externalParameters",
         {{"release", facts.release},
          {"image", facts.image.name()},
          {"platforms", std::move(platforms)}}},
        {"resolvedDependencies", Dependencies(facts)}}},
      {"runDetails",
       {{"builder", {{"id", kBuilder}, {"version", {{"kso", kVersion}}}}},
        {"byproducts", Makings(facts)}}}};
  return StatementWith(facts.image, kProvenancePredicate, std::move(predicate))
             .dump(2) +
         "\n";
}

std::string MakeStatement(const v1::ImageResult& image,
                          std::string_view predicate_type,
                          std::string_view predicate) {
  // Bills of materials are larger than manifests may be.
  constexpr JsonBounds kOwn = {.bytes = size_t{64} << 20};
  absl::StatusOr<Json> parsed = ParseOrderedJson(predicate, kOwn);
  return StatementWith(image, predicate_type,
                       parsed.ok() ? *std::move(parsed) : Json::object())
      .dump();
}

}  // namespace kso::evidence
