// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_LAYER_DECOMPRESSION_H_
#define KSO_COMMON_LAYER_DECOMPRESSION_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/bytes/byte_stream.h"

namespace kso {

// The tar inside a layer blob. `media_type` is that of the layer (OCI image
// spec, layer.md; Docker image manifest version 2) and says how it is
// compressed: gzip, zstd or not. INVALID_ARGUMENT for others. `blob` must
// outlive the result. Reading fails with FAILED_PRECONDITION where the
// compression is damaged, or when more than `most_bytes` come out of it.
absl::StatusOr<std::unique_ptr<ByteSource>> CreateDecompressingSource(
    ByteSource* blob, std::string_view media_type, int64_t most_bytes);

}  // namespace kso

#endif  // KSO_COMMON_LAYER_DECOMPRESSION_H_
