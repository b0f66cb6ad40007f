// SPDX-License-Identifier: Apache-2.0
#include "common/layer/ordered_blocks.h"

#include <utility>

#include "common/base/status_macros.h"

namespace kso {

absl::Status OrderedBlocks::Add(std::string plain) {
  const auto block = std::make_shared<Block>();
  block->plain = std::move(plain);
  blocks_.push_back(block);
  const auto run = [block, encode = encode_] {
    block->encoded = encode(block->plain);
    block->plain = std::string();
    block->done.Notify();
  };
  while (pool_ == nullptr || !pool_->TryRun(run)) {
    if (blocks_.size() > 1) {
      // The pool is busy, maybe with blocks of this encoder.
      KSO_RETURN_IF_ERROR(WriteFirst());
      continue;
    }
    run();
    break;
  }
  return WriteReady();
}

absl::Status OrderedBlocks::WriteReady() {
  while (!blocks_.empty() && (blocks_.front()->done.HasBeenNotified() ||
                              blocks_.size() > pool_->capacity())) {
    KSO_RETURN_IF_ERROR(WriteFirst());
  }
  return absl::OkStatus();
}

absl::Status OrderedBlocks::WriteAll() {
  while (!blocks_.empty()) KSO_RETURN_IF_ERROR(WriteFirst());
  return absl::OkStatus();
}

absl::Status OrderedBlocks::WriteFirst() {
  const std::shared_ptr<Block> first = std::move(blocks_.front());
  blocks_.pop_front();
  first->done.WaitForNotification();
  KSO_RETURN_IF_ERROR(first->encoded.status());
  return sink_.Write(*first->encoded);
}

}  // namespace kso
