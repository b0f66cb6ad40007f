// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_FARM_WATCH_H_
#define KSO_COORDINATOR_ENGINE_FARM_WATCH_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "coordinator/engine/engine_options.h"
#include "coordinator/engine/farm_queries.h"
#include "coordinator/engine/host_desk.h"
#include "coordinator/engine/transaction.h"
#include "coordinator/engine/worker_table.h"

namespace kso::coordinator {

// Tells watchers what of the farm is different. It compares the whole farm with
// what it was, at most each EngineOptions::progress_pause and only while there
// is a watcher, so that changes cost the engine nothing. Not thread safe.
class FarmWatch {
 public:
  // The pointers must outlive it.
  FarmWatch(const EngineOptions& options, WorkerTable* workers,
            const HostDesk* hosts)
      : options_(options), workers_(*workers), hosts_(*hosts) {}

  void Watch(Transaction& turn, const v1::WatchFarmRequest& request,
             EngineDone<v1::WatchFarmResponse> done);

  // Answers the watchers for whom something is different, or whose time is
  // over.
  void Answer(Transaction& turn);
  // Answers all watchers with `status`.
  void Refuse(const absl::Status& status);
  // The next time at which Answer has something to do even if nothing happens.
  absl::Time NextDeadline() const { return next_answer_; }

 private:
  struct Watcher {
    int64_t known_revision = 0;
    absl::Time deadline;
    EngineDone<v1::WatchFarmResponse> done;
  };
  // The fingerprint of a thing that is compared, and the revision at which it
  // became that.
  struct Seen {
    v1::BuildStamp stamp;
    std::tuple<int, int, bool, size_t, int64_t, std::string> worker;
    int64_t changed = 0;
    bool gone = false;
  };
  using SeenByName = std::map<std::string, Seen, std::less<>>;

  // Finds what is different, and counts the revision up when there is
  // something.
  void Compare(const Transaction& turn);
  bool CompareBuilds(const State& state, int64_t revision);
  bool CompareWorkers(const State& state, absl::Time now, int64_t revision);
  bool CompareHosts(const State& state, absl::Time now, int64_t revision);
  v1::WatchFarmResponse ResponseTo(int64_t known_revision) const;

  const EngineOptions options_;
  WorkerTable& workers_;
  const HostDesk& hosts_;
  std::vector<Watcher> watchers_;
  absl::Time next_look_ = absl::InfinitePast();
  absl::Time next_answer_ = absl::InfiniteFuture();
  int64_t revision_ = 1;
  SeenByName builds_seen_;
  SeenByName workers_seen_;
  std::string hosts_words_;
  int64_t hosts_changed_ = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_FARM_WATCH_H_
