// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_LAYER_ZSTD_ENCODER_H_
#define KSO_COMMON_LAYER_ZSTD_ENCODER_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/bytes/byte_stream.h"
#include "common/layer/encode_pool.h"
#include "common/layer/layer_encoder.h"
#include "common/layer/ordered_blocks.h"

namespace kso {

// Encodes to a sequence of zstd frames (RFC 8878, section 3.1), one for each
// MiB, by libzstd at level 1. Runs make no difference: libzstd itself stores
// bytes that do not become smaller.
class ZstdEncoder : public LayerEncoder {
 public:
  // `sink` is written to on the caller's thread only. With a pool, frames are
  // compressed on its threads as well. Both must outlive it.
  explicit ZstdEncoder(ByteSink* sink, EncodePool* pool = nullptr);

  absl::Status BeginRun(Run run) override;
  absl::Status Write(std::string_view bytes) override;
  // An encoder that was given nothing writes an empty frame.
  absl::Status Finish() override;

 private:
  absl::Status AddFrame();

  OrderedBlocks frames_;
  bool has_frame_ = false;
  // Bytes that are not encoded yet: fewer than a frame holds.
  std::string pending_;
};

}  // namespace kso

#endif  // KSO_COMMON_LAYER_ZSTD_ENCODER_H_
