// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_LAYER_GZIP_ENCODER_H_
#define KSO_COMMON_LAYER_GZIP_ENCODER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/bytes/byte_stream.h"
#include "common/layer/encode_pool.h"
#include "common/layer/layer_encoder.h"
#include "common/layer/ordered_blocks.h"

namespace kso {

// Encodes to a sequence of gzip members (RFC 1952, section 2.2), which any gzip
// reader decodes to the whole: a plain run becomes a member for each MiB,
// deflated by libdeflate at level 1, and a compressed run one member of stored
// blocks.
class GzipEncoder : public LayerEncoder {
 public:
  // `sink` is written to on the caller's thread only. With a pool, members are
  // deflated on its threads as well. Both must outlive it.
  explicit GzipEncoder(ByteSink* sink, EncodePool* pool = nullptr);

  absl::Status BeginRun(Run run) override;
  absl::Status Write(std::string_view bytes) override;

  // An encoder that was given nothing writes an empty member, as a gzip file
  // has at least one.
  absl::Status Finish() override;

 private:
  absl::Status EndRun();
  absl::Status AddDeflatedMember();
  absl::Status WriteStoredBlock(bool last);

  ByteSink& sink_;
  OrderedBlocks members_;
  Run run_ = Run::kPlain;
  bool wrote_member_ = false;
  // Bytes that were written and are not encoded yet: fewer than a deflated
  // member holds, or at most a stored block.
  std::string pending_;
  std::string encoded_;
  // Tells whether the member of the compressed run has been begun.
  bool member_open_ = false;
  uint32_t crc_ = 0;
  uint64_t member_bytes_ = 0;
};

}  // namespace kso

#endif  // KSO_COMMON_LAYER_GZIP_ENCODER_H_
