// SPDX-License-Identifier: Apache-2.0
// A layer of a finished image, which ksoctl verify reads from wherever it
// comes.

#include <memory>
#include <string>

#include "cli/verify/files_content.h"
#include "cli/verify/findings.h"
#include "cli/verify/image_tree.h"
#include "cli/verify/layer_scan.h"
#include "cli/verify/registry_content.h"
#include "cli/verify/release_closure.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/oci/media_types.h"
#include "common/text/printable_text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  fuzz::Input input(data, size);
  const std::string tar(input.Rest());
  v1::Descriptor layer;
  layer.set_media_type(std::string(oci::kOciLayerTar));
  layer.set_digest(Sha256Of(tar).ToString());
  layer.set_size(static_cast<int64_t>(tar.size()));
  auto scan = cli::ScanLayer(
      layer, Sha256Of(tar), [&tar](ByteSink& sink) { return sink.Write(tar); });
  fuzz::RequireSaid(scan.status(), "a refusal has a reason");
  if (!scan.ok()) return 0;
  const auto shared = std::make_shared<const cli::LayerScan>(*std::move(scan));
  const cli::ImageTree tree = cli::TreeOf({shared, shared});
  cli::Findings findings;
  const cli::FilesContent files = cli::CheckFilesImage(tree, findings);
  const cli::RegistryContent registry = cli::CheckRegistryImage(tree, findings);
  v1::Platform platform;
  platform.set_os("linux");
  platform.set_architecture("amd64");
  cli::CheckReleaseClosure(files, registry, {platform}, findings);
  for (const std::string& problem : findings.problems) {
    fuzz::Require(!problem.empty() && IsUtf8(problem), "a problem is said");
  }
  return 0;
}
