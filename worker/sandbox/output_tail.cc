// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/output_tail.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/base/status_macros.h"
#include "common/run/threads.h"

namespace kso::worker {

absl::StatusOr<std::unique_ptr<OutputTail>> OutputTail::Create() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::InternalError("cannot make a pipe");
  }
  FileDescriptor read_end(ends[0]);
  FileDescriptor write_end(ends[1]);
  FileDescriptor wake(eventfd(0, EFD_CLOEXEC));
  if (wake.get() < 0) return absl::InternalError("cannot make an event");
  // A program that is not root opens /dev/stdout anew, which asks the pipe.
  fchmod(write_end.get(), 0666);
  std::unique_ptr<OutputTail> tail(new OutputTail(
      std::move(read_end), std::move(write_end), std::move(wake)));
  KSO_RETURN_IF_ERROR(tail->Start());
  return tail;
}

absl::Status OutputTail::Start() {
  KSO_ASSIGN_OR_RETURN(reader_, StartThread([this] { ReadAll(); }));
  return absl::OkStatus();
}

OutputTail::~OutputTail() {
  if (!reader_.joinable()) return;
  eventfd_write(wake_.get(), 1);
  reader_.join();
}

std::string OutputTail::Last(size_t bytes) const {
  absl::MutexLock lock(&mutex_);
  return tail_.substr(tail_.size() - std::min(bytes, tail_.size()));
}

void OutputTail::AwaitEnd(absl::Duration most) const {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&ended_), most);
}

void OutputTail::ReadAll() {
  char buffer[16 << 10];
  while (true) {
    pollfd waiting[] = {
        {.fd = read_end_.get(), .events = POLLIN, .revents = 0},
        {.fd = wake_.get(), .events = POLLIN, .revents = 0},
    };
    if (poll(waiting, 2, -1) < 0 && errno != EINTR) break;
    if (waiting[1].revents != 0) break;
    if (waiting[0].revents == 0) continue;
    const ssize_t count = read(read_end_.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    absl::MutexLock lock(&mutex_);
    tail_.append(buffer, static_cast<size_t>(count));
    if (tail_.size() > kMostBytes) tail_.erase(0, tail_.size() - kMostBytes);
  }
  absl::MutexLock lock(&mutex_);
  ended_ = true;
}

}  // namespace kso::worker
