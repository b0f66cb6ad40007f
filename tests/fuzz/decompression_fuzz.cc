// SPDX-License-Identifier: Apache-2.0
// Compressed layers: whatever they unfold to, it ends at the bound.

#include <memory>

#include "common/bytes/byte_stream.h"
#include "common/layer/decompression.h"
#include "common/oci/media_types.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  constexpr int64_t kMostBytes = 256 << 10;
  constexpr std::string_view kTypes[] = {oci::kOciLayerGzip, oci::kOciLayerZstd,
                                         oci::kDockerLayerGzip, "x"};
  fuzz::Input input(data, size);
  const std::string_view type = input.Pick(kTypes);
  const std::unique_ptr<ByteSource> blob = SourceOfString(input.Rest());
  const auto source = CreateDecompressingSource(blob.get(), type, kMostBytes);
  fuzz::RequireSaid(source.status(), "a refusal has a reason");
  if (!source.ok()) return 0;
  char buffer[4096];
  int64_t total = 0;
  while (true) {
    const auto count = (*source)->Read(buffer, sizeof(buffer));
    fuzz::RequireSaid(count.status(), "a refusal has a reason");
    if (!count.ok() || *count == 0) break;
    total += static_cast<int64_t>(*count);
    fuzz::Require(total <= kMostBytes, "what comes out is bounded");
  }
  return 0;
}
