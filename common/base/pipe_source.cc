// SPDX-License-Identifier: Apache-2.0
#include "common/base/pipe_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/status_macros.h"

namespace kso {

class PipeSource::Sink : public ByteSink {
 public:
  explicit Sink(PipeSource* pipe) : pipe_(*pipe) {}

  absl::Status Write(std::string_view bytes) override {
    return pipe_.Write(bytes);
  }

 private:
  PipeSource& pipe_;
};

PipeSource::PipeSource(Writer writer, size_t capacity)
    : ring_(std::max<size_t>(capacity, 1)),
      thread_([this, writer = std::move(writer)] {
        Sink sink(this);
        absl::Status ending = writer(sink);
        absl::MutexLock lock(&mutex_);
        ending_ = std::move(ending);
      }) {}

PipeSource::~PipeSource() {
  {
    absl::MutexLock lock(&mutex_);
    reader_gone_ = true;
  }
  thread_.join();
}

absl::StatusOr<size_t> PipeSource::Read(char* buffer, size_t size) {
  if (size == 0) return size_t{0};
  size_t count;
  {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &PipeSource::MayRead));
    if (filled_ == 0) {
      KSO_RETURN_IF_ERROR(*ending_);
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

absl::Status PipeSource::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    size_t count;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &PipeSource::MayWrite));
      if (reader_gone_) return absl::CancelledError("nobody reads any more");
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

bool PipeSource::MayWrite() const {
  return reader_gone_ || filled_ < ring_.size();
}

bool PipeSource::MayRead() const { return filled_ > 0 || ending_.has_value(); }

}  // namespace kso
