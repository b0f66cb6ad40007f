// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/mailbox.h"

#include <utility>

namespace kso::coordinator {

void Mailbox::Post(Command command) {
  {
    absl::MutexLock lock(&mutex_);
    if (!closed_) {
      commands_.push_back(std::move(command));
      return;
    }
  }
  command(nullptr);
}

bool Mailbox::Await(Clock* clock, absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  const auto something = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closed_ || !commands_.empty();
  };
  clock->AwaitWithDeadline(&mutex_, absl::Condition(&something), deadline);
  return !closed_;
}

std::deque<Mailbox::Command> Mailbox::TakeNow() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(commands_, {});
}

void Mailbox::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
}

}  // namespace kso::coordinator
