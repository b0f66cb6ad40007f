#include "worker/verify/compared_content.h"

#include "common/base/strings.h"
#include "common/oci/platform.h"

namespace kso::worker {

ComparedContent::ComparedContent(const v1::VerifyImage& work, bool native) {
  if (!native && work.has_content_compared_on()) {
    everything_ = true;
    where_ = Concat("on ", oci::FormatPlatform(work.content_compared_on()));
    return;
  }
  where_ = "before";
  for (const v1::LayerContent& layer : work.layers()) {
    if (!layer.compared()) continue;
    digests_.insert(layer.served_digests().begin(),
                    layer.served_digests().end());
  }
  // What another layer has too may be served from there.
  for (const v1::LayerContent& layer : work.layers()) {
    if (layer.compared()) continue;
    for (const std::string& digest : layer.served_digests()) {
      digests_.erase(digest);
    }
  }
}

}  // namespace kso::worker
