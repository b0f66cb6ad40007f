// SPDX-License-Identifier: Apache-2.0
// A base image's config becomes the config of a finished image.

#include <string>

#include "common/bytes/digest.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"
#include "coordinator/registry/image_config.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  fuzz::Input input(data, size);
  coordinator::ChosenManifest base;
  base.platform = *oci::ParsePlatform("linux/amd64");
  const size_t layers = input.Below(3);
  for (size_t i = 0; i < layers; ++i) {
    v1::Descriptor& layer = base.manifest.layers.emplace_back();
    layer.set_media_type(std::string(oci::kOciLayerGzip));
    layer.set_digest(Sha256Of("layer").ToString());
    layer.set_size(5);
  }
  base.config.set_content(std::string(input.Rest()));
  const auto config = coordinator::ExtendConfig(
      base, {.diff_ids = {Sha256Of("1").ToString()},
             .history = {"layer"},
             .port = "8080/tcp",
             .title = "kubespray-files",
             .served_directory = "/var/lib/registry"});
  fuzz::RequireSaid(config.status(), "a refusal has a reason");
  if (!config.ok()) return 0;
  const auto made = oci::ParseImageConfig(*config);
  fuzz::Require(made.ok(), "a config that was made can be read");
  fuzz::Require(made->diff_ids.size() == layers + 1,
                "a config has a diffID for each layer");
  return 0;
}
