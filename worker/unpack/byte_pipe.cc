// SPDX-License-Identifier: Apache-2.0
#include "worker/unpack/byte_pipe.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/status_macros.h"

namespace kso::worker {

absl::Status BytePipe::Write(std::string_view bytes) {
  absl::MutexLock lock(&mutex_);
  if (reading_ended_) return reader_status_;
  offered_ = bytes;
  const auto taken = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return offered_.empty() || reading_ended_;
  };
  mutex_.Await(absl::Condition(&taken));
  offered_ = {};
  return reading_ended_ ? reader_status_ : absl::OkStatus();
}

void BytePipe::EndWriting(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  writing_ended_ = true;
  writer_status_ = std::move(status);
}

absl::StatusOr<size_t> BytePipe::Read(char* buffer, size_t size) {
  absl::MutexLock lock(&mutex_);
  const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !offered_.empty() || writing_ended_;
  };
  mutex_.Await(absl::Condition(&ready));
  if (offered_.empty()) {
    KSO_RETURN_IF_ERROR(writer_status_);
    return size_t{0};
  }
  const size_t count = std::min(size, offered_.size());
  std::memcpy(buffer, offered_.data(), count);
  offered_.remove_prefix(count);
  return count;
}

void BytePipe::EndReading(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  reading_ended_ = true;
  reader_status_ = std::move(status);
}

}  // namespace kso::worker
