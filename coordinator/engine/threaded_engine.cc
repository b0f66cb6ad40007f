// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/threaded_engine.h"

#include <cstdlib>
#include <deque>
#include <string>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "common/run/exceptions.h"
#include "common/run/threads.h"
#include "coordinator/engine/engine_core.h"
#include "coordinator/engine/mailbox.h"
#include "spdlog/spdlog.h"

namespace kso::coordinator {
namespace {

class ThreadedEngine final : public EngineCore {
 public:
  ThreadedEngine(const EngineOptions& options, Clock* clock, StateStore* store,
                 BuildActions* actions)
      : EngineCore(options, store, actions),
        fatal_(options.fatal),
        clock_(clock) {}

  ~ThreadedEngine() override { Stop(); }

  absl::Status StartThread() {
    KSO_RETURN_IF_ERROR(Start(clock_->Now()));
    KSO_ASSIGN_OR_RETURN(thread_, kso::StartThread([this] { Run(); }));
    return absl::OkStatus();
  }

  void Stop() override {
    mailbox().Close();
    absl::MutexLock lock(&stop_mutex_);
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Run() {
    absl::Time next = clock_->Now();
    std::deque<Mailbox::Command> commands;
    while (mailbox().Await(clock_, next)) {
      commands = mailbox().TakeNow();
      // An exception outside the decisions on a build (build_guard.h) may
      // have left a turn half done.
      const absl::StatusOr<absl::Time> due =
          WithoutExceptions([&]() { return Turn(clock_->Now(), commands); });
      if (!due.ok()) {
        Die(due.status());
        break;
      }
      next = *due;
    }
    EngineCore::Stop();
  }

  void Die(const absl::Status& status) {
    if (fatal_) return fatal_(status);
    spdlog::critical("cannot go on: {}", std::string(status.message()));
    // Other threads may be writing to the logger, so that it stays.
    spdlog::default_logger()->flush();
    std::_Exit(EXIT_FAILURE);
  }

  const std::function<void(const absl::Status&)> fatal_;
  Clock* const clock_;
  absl::Mutex stop_mutex_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> CreateThreadedEngine(
    const EngineOptions& options, Clock* clock, StateStore* store,
    BuildActions* actions) {
  auto engine =
      std::make_unique<ThreadedEngine>(options, clock, store, actions);
  KSO_RETURN_IF_ERROR(engine->StartThread());
  return engine;
}

}  // namespace kso::coordinator
