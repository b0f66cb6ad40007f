// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_RUNNING_ACTIONS_H_
#define KSO_COORDINATOR_REGISTRY_RUNNING_ACTIONS_H_

#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace kso::coordinator {

// The actions of builds that can be cancelled. Thread safe.
class RunningActions {
 public:
  // A new action of the build, which holds what is returned for as long as it
  // runs and ends soon after a stop is requested. Earlier ones keep their own.
  std::shared_ptr<const std::stop_source> Begin(const std::string& build_id) {
    auto source = std::make_shared<std::stop_source>();
    absl::MutexLock lock(&mutex_);
    std::erase_if(by_build_, [](const auto& each) { return IsOver(each); });
    by_build_[build_id] = source;
    return source;
  }

  // Cancels the build's newest action, if it is not over.
  void Cancel(const std::string& build_id) {
    std::shared_ptr<std::stop_source> source;
    {
      absl::MutexLock lock(&mutex_);
      const auto found = by_build_.find(build_id);
      if (found == by_build_.end()) return;
      source = found->second.lock();
      by_build_.erase(found);
    }
    if (source != nullptr) source->request_stop();
  }

 private:
  using ByBuild = std::map<std::string, std::weak_ptr<std::stop_source>>;

  static bool IsOver(const ByBuild::value_type& each) {
    return each.second.expired();
  }

  absl::Mutex mutex_;
  ByBuild by_build_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_RUNNING_ACTIONS_H_
