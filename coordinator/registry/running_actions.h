// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_RUNNING_ACTIONS_H_
#define KSO_COORDINATOR_REGISTRY_RUNNING_ACTIONS_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace kso::coordinator {

// The cancellation of builds' actions. May be used from any thread.
class RunningActions {
 public:
  // Polled by an action; true once nobody wants it.
  using Cancelled = std::function<bool()>;

  // Begins a new action of the build. Earlier ones keep the predicates that
  // they were given.
  Cancelled Begin(const std::string& build_id) {
    auto flag = std::make_shared<std::atomic<bool>>(false);
    absl::MutexLock lock(&mutex_);
    // Actions that are over are dropped.
    std::erase_if(by_build_,
                  [](const auto& each) { return each.second.expired(); });
    by_build_[build_id] = flag;
    return [flag] { return flag->load(); };
  }

  // Cancels the build's newest action, if it is not over.
  void Cancel(const std::string& build_id) {
    absl::MutexLock lock(&mutex_);
    const auto found = by_build_.find(build_id);
    if (found == by_build_.end()) return;
    if (const auto flag = found->second.lock()) flag->store(true);
    by_build_.erase(found);
  }

 private:
  absl::Mutex mutex_;
  std::map<std::string, std::weak_ptr<std::atomic<bool>>> by_build_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_RUNNING_ACTIONS_H_
