// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/evidence.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "common/base/strings.h"
#include "common/diff/contents.h"
#include "common/evidence/artifact.h"
#include "common/evidence/build_facts.h"
#include "common/evidence/provenance.h"
#include "common/evidence/sbom.h"
#include "common/evidence/summary.h"
#include "common/site.h"

namespace kso::coordinator {
namespace {

constexpr char kTitle[] = "org.opencontainers.image.title";

// The digest that the base's reference named; empty where it is not known.
std::string BaseDigest(const AssembleRequest& request,
                       const std::string& base) {
  const auto found = request.resolved.images.find(base);
  if (found == request.resolved.images.end()) return "";
  return found->second.top().content_descriptor().digest();
}

// The layers that workers made for an image, each once, in the order in which
// its manifests have them.
std::vector<evidence::LayerMaking> MakingsOf(const AssembleRequest& request,
                                             const v1::ImageResult& image) {
  std::vector<evidence::LayerMaking> makings;
  std::set<std::string_view> seen;
  for (const v1::PlannedImage& planned : request.images) {
    const std::string tag =
        Concat(request.release.name(), planned.tag_suffix());
    if (planned.image() != image.name() || image.tags_size() == 0 ||
        image.tags(0) != tag) {
      continue;
    }
    for (const std::string& id : planned.layer_task_ids()) {
      const auto layer = request.layers.find(id);
      if (layer == request.layers.end()) continue;
      const v1::MadeLayer& made = layer->second;
      if (!seen.insert(made.layer().digest()).second) continue;
      const auto maker = request.makers.find(id);
      makings.push_back(
          {.layer = made.layer(),
           .worker = maker == request.makers.end() ? "" : maker->second,
           .platform = made.made_on(),
           .native = made.made_natively()});
    }
  }
  return makings;
}

evidence::BuildFacts FactsOf(const AssembleRequest& request,
                             const v1::ImageResult& image) {
  const v1::Release& release = request.release;
  const bool is_files = image.name() == site::kFilesImage;
  evidence::BuildFacts facts;
  facts.release = release.name();
  facts.platforms = {release.platforms().begin(), release.platforms().end()};
  facts.image = image;
  facts.base = is_files ? release.files_base() : release.images_base();
  facts.base_digest = BaseDigest(request, facts.base);
  for (const v1::ItemVerdict& item : request.verdicts) {
    const bool is_file = absl::StrContains(item.name(), "://");
    if (is_file == is_files) facts.items.push_back(item);
  }
  facts.layers = MakingsOf(request, image);
  return facts;
}

evidence::Artifact NamedArtifact(const v1::ImageResult& image,
                                 std::string_view type, std::string_view title,
                                 std::string content) {
  return evidence::MakeArtifact(image.index(), type, std::move(content),
                                {{kTitle, std::string(title)}});
}

}  // namespace

std::string SummaryOf(const AssembleRequest& request,
                      const std::vector<v1::ImageResult>& images) {
  const v1::Release& release = request.release;
  return evidence::MakeSummary(
      {.release = release.name(),
       .platforms = {release.platforms().begin(), release.platforms().end()},
       .images = images,
       .items = request.verdicts,
       .before =
           diff::ContentsOf(request.before.release(), request.before.items())});
}

std::vector<DocumentPush> EvidenceOf(const AssembleRequest& request,
                                     const v1::ImageResult& image,
                                     const std::string& summary) {
  const evidence::BuildFacts facts = FactsOf(request, image);
  const std::vector<evidence::Artifact> artifacts = {
      NamedArtifact(image, evidence::kSpdxType, "sbom.spdx.json",
                    evidence::MakeSbom(facts)),
      NamedArtifact(image, evidence::kInTotoType, "provenance.intoto.json",
                    evidence::MakeProvenance(facts)),
      NamedArtifact(image, evidence::kSummaryType, evidence::kSummaryTitle,
                    summary)};
  std::vector<DocumentPush> pushes;
  const auto add = [&](const v1::Document& document, bool is_blob) {
    pushes.push_back(
        {.image = image.name(), .is_blob = is_blob, .document = document});
  };
  // The configs of all are the same.
  add(artifacts.front().config, /*is_blob=*/true);
  for (const evidence::Artifact& artifact : artifacts) {
    add(artifact.content, /*is_blob=*/true);
    add(artifact.manifest, /*is_blob=*/false);
  }
  add(evidence::MakeReferrersIndex(artifacts), /*is_blob=*/false);
  return pushes;
}

}  // namespace kso::coordinator
