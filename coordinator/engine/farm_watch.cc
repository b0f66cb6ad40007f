// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/farm_watch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"

namespace kso::coordinator {
namespace {

// A thing that is gone is told for so many revisions. A watcher that asks later
// is told by the farm itself.
constexpr int64_t kTellGone = 1000;

v1::BuildStamp StampOf(const BuildEntry& build) {
  v1::BuildStamp stamp;
  stamp.set_build_id(build.build_id);
  stamp.set_revision(build.revision);
  stamp.set_state(build.state);
  stamp.set_phase(build.phase);
  stamp.set_last_sequence(static_cast<int64_t>(build.events.size()));
  return stamp;
}

// Sums up what a worker's leases have moved.
int64_t BytesOf(const Worker& worker) {
  uint64_t bytes = 0;
  for (const v1::HeldLease& lease : worker.activity) {
    bytes += static_cast<uint64_t>(lease.bytes_fetched()) +
             static_cast<uint64_t>(lease.bytes_pushed());
  }
  return static_cast<int64_t>(bytes);
}

}  // namespace

void FarmWatch::Watch(Transaction& turn, const v1::WatchFarmRequest& request,
                      EngineDone<v1::WatchFarmResponse> done) {
  const absl::Duration wait =
      std::min(FromProto(request.wait()), options_.longest_watch);
  watchers_.push_back(
      {request.known_revision(), turn.now() + wait, std::move(done)});
}

bool FarmWatch::CompareBuilds(const State& state, int64_t revision) {
  bool different = false;
  for (const auto& [id, build] : state.builds()) {
    Seen& seen = builds_seen_[id];
    if (!seen.gone && seen.changed != 0 &&
        seen.stamp.revision() == build.revision) {
      continue;
    }
    seen = {.stamp = StampOf(build), .worker = {}, .changed = revision};
    different = true;
  }
  for (auto seen = builds_seen_.begin(); seen != builds_seen_.end();) {
    if (state.FindBuild(seen->first) == nullptr) {
      if (!seen->second.gone) {
        seen->second.gone = true;
        seen->second.changed = revision;
        different = true;
      } else if (seen->second.changed + kTellGone < revision) {
        seen = builds_seen_.erase(seen);
        continue;
      }
    }
    ++seen;
  }
  return different;
}

bool FarmWatch::CompareWorkers(const State& state, absl::Time now,
                               int64_t revision) {
  bool different = false;
  for (const auto& [name, worker] : workers_.workers()) {
    Seen& seen = workers_seen_[name];
    auto looks = std::make_tuple(
        static_cast<int>(worker.view.state), worker.view.info.slots(),
        worker.drain_ordered, state.LeasesOf(name).size(),
        BytesOf(worker) + worker.tasks_done,
        worker.session + NotReadyInWords(worker.view, now));
    if (!seen.gone && seen.changed != 0 && seen.worker == looks) continue;
    seen = {.stamp = {}, .worker = std::move(looks), .changed = revision};
    different = true;
  }
  for (auto seen = workers_seen_.begin(); seen != workers_seen_.end();) {
    if (workers_.Find(seen->first) == nullptr) {
      if (!seen->second.gone) {
        seen->second.gone = true;
        seen->second.changed = revision;
        different = true;
      } else if (seen->second.changed + kTellGone < revision) {
        seen = workers_seen_.erase(seen);
        continue;
      }
    }
    ++seen;
  }
  return different;
}

bool FarmWatch::CompareHosts(const State& state, absl::Time now,
                             int64_t revision) {
  std::string words;
  const HostGate gate = hosts_.GateOf(state, now);
  for (const v1::HostLimit& limit : gate.Limits(nullptr)) {
    absl::StrAppend(&words, limit.host(), " ", limit.quota().remaining(), " ",
                    limit.task_limit(), " ", limit.tasks_running(), " ",
                    limit.tasks_waiting(), " ", limit.has_paused_for(), "\n");
  }
  if (words == hosts_words_) return false;
  hosts_words_ = std::move(words);
  hosts_changed_ = revision;
  return true;
}

void FarmWatch::Compare(const Transaction& turn) {
  const int64_t next = revision_ + 1;
  const bool builds = CompareBuilds(turn.state(), next);
  const bool workers = CompareWorkers(turn.state(), turn.now(), next);
  const bool hosts = CompareHosts(turn.state(), turn.now(), next);
  if (builds || workers || hosts) revision_ = next;
}

v1::WatchFarmResponse FarmWatch::ResponseTo(int64_t known_revision) const {
  v1::WatchFarmResponse response;
  response.set_revision(revision_);
  for (const auto& [id, seen] : builds_seen_) {
    if (seen.changed <= known_revision) continue;
    if (seen.gone) {
      response.add_removed_builds(id);
    } else {
      *response.add_builds() = seen.stamp;
    }
  }
  for (const auto& [name, seen] : workers_seen_) {
    if (seen.changed > known_revision) response.add_workers(name);
  }
  response.set_hosts(hosts_changed_ > known_revision);
  return response;
}

void FarmWatch::Answer(Transaction& turn) {
  next_answer_ = absl::InfiniteFuture();
  if (watchers_.empty()) return;
  if (turn.now() >= next_look_) {
    Compare(turn);
    next_look_ = turn.now() + options_.progress_pause;
  } else {
    next_answer_ = next_look_;
  }
  std::vector<Watcher> still;
  for (Watcher& watcher : watchers_) {
    if (watcher.known_revision == revision_ && watcher.deadline > turn.now()) {
      next_answer_ = std::min(next_answer_, watcher.deadline);
      still.push_back(std::move(watcher));
      continue;
    }
    turn.Defer([done = std::move(watcher.done),
                response = ResponseTo(watcher.known_revision)]() mutable {
      done(std::move(response));
    });
  }
  watchers_ = std::move(still);
}

void FarmWatch::Refuse(const absl::Status& status) {
  for (Watcher& watcher : std::exchange(watchers_, {})) watcher.done(status);
}

}  // namespace kso::coordinator
