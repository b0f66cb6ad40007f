// SPDX-License-Identifier: Apache-2.0
// Indexes, manifests and configs of images, and layouts' index.json.

#include <string>

#include "common/base/sizes.h"
#include "common/bytes/digest.h"
#include "common/oci/image_closure.h"
#include "common/oci/layout_index.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"
#include "common/text/json.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace {

using kso::fuzz::Require;

void CheckDescriptor(const kso::v1::Descriptor& descriptor) {
  Require(kso::Digest::Parse(descriptor.digest()).ok(), "a digest is checked");
  Require(descriptor.size() >= 0 && descriptor.size() <= kso::kLargestContent,
          "a size has bounds");
  kso::oci::FormatPlatform(descriptor.platform());
  std::string bytes;
  Require(descriptor.SerializeToString(&bytes) &&
              kso::v1::Descriptor().ParseFromString(bytes),
          "a descriptor can be sent");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  constexpr std::string_view kTypes[] = {
      oci::kOciIndex,
      oci::kOciManifest,
      oci::kDockerManifestList,
      oci::kDockerManifest,
      "application/json",
      "application/vnd.docker.distribution.manifest.v1+prettyjws",
      ""};
  fuzz::Input input(data, size);
  const std::string_view type = input.Pick(kTypes);
  const std::string_view content = input.Rest();
  const auto manifest = oci::ParseManifest(content, type);
  fuzz::RequireSaid(manifest.status(), "a refusal has a reason");
  if (manifest.ok()) {
    CheckDescriptor(manifest->config);
    for (const v1::Descriptor& layer : manifest->layers) CheckDescriptor(layer);
  }
  const auto index = oci::ParseIndex(content, type);
  fuzz::RequireSaid(index.status(), "a refusal has a reason");
  if (index.ok()) {
    for (const v1::Descriptor& each : index->manifests) CheckDescriptor(each);
  }
  fuzz::Require(!manifest.ok() || !index.ok(),
                "nothing is a manifest and an index");
  const auto config = oci::ParseImageConfig(content);
  fuzz::RequireSaid(config.status(), "a refusal has a reason");
  if (config.ok()) {
    for (const std::string& diff_id : config->diff_ids) {
      fuzz::Require(Digest::Parse(diff_id).ok(), "a diffID is a digest");
    }
  }
  if (const auto children = oci::ChildrenOf(content, type); children.ok()) {
    for (const v1::Descriptor& child : *children) CheckDescriptor(child);
  }
  oci::LayoutImage image;
  image.index.set_media_type(std::string(oci::kOciIndex));
  image.index.set_digest(Sha256Of("index").ToString());
  image.index.set_size(5);
  image.ref_names = {"kubespray-files:v0.1.0"};
  const auto merged = oci::MergeLayoutIndex(content, {image});
  fuzz::RequireSaid(merged.status(), "a refusal has a reason");
  if (merged.ok()) {
    fuzz::Require(ParseJson(*merged).ok(), "an index.json can be read again");
  }
  return 0;
}
