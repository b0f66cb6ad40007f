// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_MAILBOX_H_
#define KSO_COORDINATOR_ENGINE_MAILBOX_H_

#include <deque>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/run/clock.h"
#include "coordinator/engine/transaction.h"

namespace kso::coordinator {

// The queue of commands for the engine's thread. May be called from any thread.
class Mailbox {
 public:
  // A command is called once; with null when the engine stops before its turn.
  using Command = absl::AnyInvocable<void(Transaction* turn)>;

  // Queues a command. After Close, calls it with null at once.
  void Post(Command command);

  // Waits for a command until `deadline`. Returns false once the mailbox is
  // closed.
  bool Await(Clock* clock, absl::Time deadline);
  // Takes the commands that have come, without waiting, also after Close.
  std::deque<Command> TakeNow();

  void Close();

 private:
  absl::Mutex mutex_;
  std::deque<Command> commands_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_MAILBOX_H_
