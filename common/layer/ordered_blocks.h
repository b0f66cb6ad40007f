// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_LAYER_ORDERED_BLOCKS_H_
#define KSO_COMMON_LAYER_ORDERED_BLOCKS_H_

#include <deque>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "common/bytes/byte_stream.h"
#include "common/layer/encode_pool.h"

namespace kso {

// Encodes blocks, each by itself and several at a time, and writes them in
// their order. Not thread safe.
class OrderedBlocks {
 public:
  // Called from any thread, several at a time.
  using Encode = absl::StatusOr<std::string> (*)(const std::string& plain);

  // `sink` is written to on the caller's thread only. Without a pool blocks are
  // encoded there, too. Both must outlive it.
  OrderedBlocks(ByteSink* sink, EncodePool* pool, Encode encode)
      : sink_(*sink), pool_(pool), encode_(encode) {}

  // Adds a block, and writes those that are ready by then. Errors are those of
  // encoding and of the sink, of any block so far.
  absl::Status Add(std::string plain);
  // Waits for all blocks, and writes them.
  absl::Status WriteAll();

 private:
  struct Block {
    std::string plain;
    absl::StatusOr<std::string> encoded;
    absl::Notification done;
  };

  absl::Status WriteReady();
  absl::Status WriteFirst();

  ByteSink& sink_;
  EncodePool* const pool_;
  const Encode encode_;
  // The blocks in their order. The pool's threads share them; only the caller's
  // thread adds and takes away.
  std::deque<std::shared_ptr<Block>> blocks_;
};

}  // namespace kso

#endif  // KSO_COMMON_LAYER_ORDERED_BLOCKS_H_
