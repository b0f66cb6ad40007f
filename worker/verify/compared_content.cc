// SPDX-License-Identifier: Apache-2.0
#include "worker/verify/compared_content.h"

#include "common/base/strings.h"

namespace kso::worker {

ComparedContent::ComparedContent(const v1::VerifyImage& work, bool native) {
  const std::string& elsewhere =
      native ? work.compared_on_platform_in() : work.compared_in();
  if (!elsewhere.empty()) {
    everything_ = true;
    in_brief_ = !native;
    where_ = Concat("in ", elsewhere);
    return;
  }
  where_ = "before";
  for (const v1::LayerContent& layer : work.layers()) {
    if (!layer.compared()) continue;
    digests_.insert(layer.served_digests().begin(),
                    layer.served_digests().end());
  }
  // A path that another layer has too may be served from there.
  for (const v1::LayerContent& layer : work.layers()) {
    if (layer.compared()) continue;
    for (const std::string& digest : layer.served_digests()) {
      digests_.erase(digest);
    }
  }
}

}  // namespace kso::worker
