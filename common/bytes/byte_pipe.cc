// SPDX-License-Identifier: Apache-2.0
#include "common/bytes/byte_pipe.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/status_macros.h"

namespace kso {

BytePipe::BytePipe(size_t capacity) : ring_(std::max<size_t>(capacity, 1)) {}

absl::Status BytePipe::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    size_t count;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &BytePipe::MayWrite));
      if (reader_status_.has_value()) return *reader_status_;
      count = std::min(
          {bytes.size(), ring_.size() - filled_, ring_.size() - write_at_});
    }
    std::memcpy(ring_.data() + write_at_, bytes.data(), count);
    write_at_ = (write_at_ + count) % ring_.size();
    bytes.remove_prefix(count);
    absl::MutexLock lock(&mutex_);
    filled_ += count;
  }
  return absl::OkStatus();
}

void BytePipe::EndWriting(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  writer_status_ = std::move(status);
}

absl::StatusOr<size_t> BytePipe::Read(char* buffer, size_t size) {
  if (size == 0) return size_t{0};
  size_t count;
  {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &BytePipe::MayRead));
    if (filled_ == 0) {
      KSO_RETURN_IF_ERROR(*writer_status_);
      return size_t{0};
    }
    count = std::min({size, filled_, ring_.size() - read_at_});
  }
  std::memcpy(buffer, ring_.data() + read_at_, count);
  read_at_ = (read_at_ + count) % ring_.size();
  absl::MutexLock lock(&mutex_);
  filled_ -= count;
  return count;
}

void BytePipe::EndReading(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  reader_status_ = std::move(status);
}

bool BytePipe::MayWrite() const {
  return reader_status_.has_value() || filled_ < ring_.size();
}

bool BytePipe::MayRead() const {
  return filled_ > 0 || writer_status_.has_value();
}

}  // namespace kso
