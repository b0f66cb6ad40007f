// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_SCHEDULE_WORKER_POOL_H_
#define KSO_COORDINATOR_CORE_SCHEDULE_WORKER_POOL_H_

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "coordinator/core/schedule/worker_view.h"
#include "coordinator/core/state/task_entry.h"

namespace kso::coordinator {

// How well a worker suits a platform; less is better.
enum class Fit {
  // Any worker will do.
  kNative = 0,
  // Runs the platform's programs by emulation.
  kEmulated = 1,
  // Can fetch and pack for it, but not run it.
  kForeign = 2,
  // Cannot do it.
  kNone = 3,
};
Fit FitOf(const Demand& demand, const v1::WorkerInfo& worker);

// Workers that are the same for placing tasks: they run the same platforms.
class WorkerKind {
 public:
  WorkerKind(std::string name, const v1::WorkerInfo& like)
      : name_(std::move(name)), like_(like) {}

  // The platforms of such workers, and whether they run images.
  const std::string& name() const { return name_; }
  Fit FitFor(const Demand& demand) const { return FitOf(demand, like_); }
  // The number of workers of this kind that are ready.
  int ready() const { return ready_; }

 private:
  friend class WorkerPool;

  const std::string name_;
  const v1::WorkerInfo like_;
  int ready_ = 0;
  int members_ = 0;
};

// The workers by kind. A farm has few kinds, however many workers. Not thread
// safe.
class WorkerPool {
 public:
  struct Member {
    const WorkerView* view = nullptr;
    WorkerKind* kind = nullptr;
    // The values with which the worker is counted.
    bool ready = false;
    bool expected = false;
  };

  // Adds a worker under its name, or notes that its view has changed. The view
  // must stay at its address until Remove. The kind that it was of goes, where
  // it was the last of that.
  const Member& Put(const WorkerView& view);
  void Remove(std::string_view name);

  // The workers by name.
  const std::map<std::string, Member, std::less<>>& members() const {
    return members_;
  }
  // Null when there is no such worker.
  const Member* Find(std::string_view name) const;
  // The kinds that workers are of, in an order that depends on nothing but the
  // kinds themselves.
  const std::map<std::string, WorkerKind>& kinds() const { return kinds_; }

  // The best fit that a ready worker offers. Workers that are expected back
  // after a restart count as native: waiting for them a little beats running
  // elsewhere what they were made for.
  Fit BestFit(const Demand& demand) const;
  // The number of ready workers that fit at least so well.
  int CountReady(const Demand& demand, Fit fit) const;
  // Returns whether there is one beside those of these names.
  bool AnyReadyBut(const std::set<std::string>& names, const Demand& demand,
                   Fit fit) const;
  bool AnyExpected() const { return expected_ > 0; }

 private:
  WorkerKind* KindOf(const v1::WorkerInfo& info);
  void Count(const Member& member, int by);
  // Takes a worker away from its kind.
  void Leave(WorkerKind* kind);

  std::map<std::string, Member, std::less<>> members_;
  std::map<std::string, WorkerKind> kinds_;
  int expected_ = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_SCHEDULE_WORKER_POOL_H_
