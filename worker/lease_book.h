// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_LEASE_BOOK_H_
#define KSO_WORKER_LEASE_BOOK_H_

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/oci/login/login_places.h"
#include "common/run/clock.h"
#include "kso/v1/worker.pb.h"
#include "worker/leases.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// A task that resolves a name waits for answers and does little else: so many
// of them together take one slot.
inline constexpr int kQuestionsASlot = 4;

// Keeps account of leases for who runs them on so many slots. Not thread safe.
class LeaseBook : public Leases {
 public:
  // The limit of the task's logins, as TaskControl has it. Places that cannot
  // be read count for nothing, so that less is allowed rather than more.
  static std::optional<oci::LoginPlaces> LoginsOf(const v1::Task& task);

  struct Entry {
    Entry(const v1::Lease& lease, const Clock* clock, absl::Time deadline)
        : lease(lease), control(clock, deadline, LoginsOf(lease.task())) {}

    const v1::Lease lease;
    TaskControl control;
  };

  // Tasks end with their leases' deadlines by `clock`, which must outlive them;
  // without one, deadlines are for others.
  explicit LeaseBook(int slots, const Clock* clock = nullptr)
      : slots_(slots), clock_(clock) {}

  void Start(const v1::Lease& lease) override;
  void Return(const v1::Lease& lease) override;
  void ReturnAll() override;
  // Cancels what is at work; it keeps its slot until Finish.
  void KeepOnly(const std::vector<std::string>& wanted) override;
  void Forget(const std::string& lease_id) override;
  Snapshot Look() const override;

  // How many may be at work with so many slots, whatever they are.
  static constexpr int MostAtWork(int slots) {
    return slots + slots * kQuestionsASlot;
  }

  // Returns whether something is queued that there is a slot for.
  bool CanTake() const { return CanTakeWork() || CanTakeQuestion(); }
  // The next to run, which takes its slot; null when CanTake is false.
  std::shared_ptr<Entry> Take();
  // The lease that Take gave has ended. Its outcome is kept unless it was
  // stopped.
  void Finish(const Entry& entry, const absl::StatusOr<v1::TaskResult>& result);
  // Cancels all that is queued or at work.
  void CancelAll();

  // Stops the tasks whose leases' deadlines have come, and says when the next
  // one does.
  void StopExpired();
  absl::Time NextDeadline() const;

 private:
  // Tasks of one kind.
  struct Lane {
    int taken() const { return at_work + static_cast<int>(queue.size()); }

    std::deque<std::shared_ptr<Entry>> queue;
    // Also with cancelled leases, which are not held any more.
    int at_work = 0;
  };

  bool CanTakeWork() const {
    return !work_.queue.empty() && work_.at_work < slots_;
  }
  bool CanTakeQuestion() const {
    return !questions_.queue.empty() &&
           questions_.at_work < slots_ * kQuestionsASlot;
  }
  Lane& LaneOf(const Entry& entry);
  void SetReturned(const v1::Lease& lease);

  const int slots_;
  const Clock* const clock_;
  // Queued or at work, by lease.
  std::map<std::string, std::shared_ptr<Entry>> held_;
  Lane work_;
  Lane questions_;
  std::map<std::string, v1::LeaseResult> results_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_LEASE_BOOK_H_
