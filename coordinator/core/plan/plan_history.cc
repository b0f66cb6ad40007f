// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/plan_history.h"

#include <utility>

#include "common/base/strings.h"
#include "common/oci/destination.h"
#include "common/oci/platform.h"
#include "common/site.h"

namespace kso::coordinator {

std::string BlobName(std::string_view image, std::string_view digest) {
  return Concat(image, "@", digest);
}

std::string LayerGroupOf(const v1::PlannedImage& image) {
  if (!image.tag_suffix().empty()) return "";
  return LayerGroupName(image.image(), image.platform());
}

std::string LayerGroupName(std::string_view image,
                           const v1::Platform& platform) {
  if (image == site::kFilesImage) return std::string(image);
  return Concat(image, " ", oci::FormatPlatform(platform));
}

PlanHistory::PlanHistory(const Memo* memo, const v1::Destination& destination,
                         std::optional<std::set<std::string>> present)
    : memo_(memo),
      space_(BlobSpaceOf(destination)),
      present_(std::move(present)),
      previous_(memo->FindRelease(oci::FormatDestination(destination))) {}

const v1::LayerRemembered* PlanHistory::FindLayer(std::string_view image,
                                                  std::string_view key) const {
  if (memo_ == nullptr) return nullptr;
  const v1::LayerRemembered* layer = memo_->FindLayer(space_, key);
  if (layer == nullptr || !HasBlob(image, layer->layer().layer().digest())) {
    return nullptr;
  }
  return layer;
}

std::vector<const v1::LayerRemembered*> PlanHistory::Packs(
    std::string_view image, std::string_view group) const {
  std::vector<const v1::LayerRemembered*> packs;
  if (previous_ == nullptr) return packs;
  for (const v1::RememberedGroup& remembered : previous_->groups()) {
    if (remembered.name() != group) continue;
    for (const std::string& digest : remembered.layers()) {
      const v1::LayerRemembered* layer =
          memo_->FindLayerByDigest(space_, digest);
      if (layer != nullptr && HasBlob(image, digest)) packs.push_back(layer);
    }
  }
  return packs;
}

bool PlanHistory::HasBlob(std::string_view image,
                          std::string_view digest) const {
  return !present_ || present_->contains(BlobName(image, digest));
}

}  // namespace kso::coordinator
