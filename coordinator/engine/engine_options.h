// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_ENGINE_OPTIONS_H_
#define KSO_COORDINATOR_ENGINE_ENGINE_OPTIONS_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "coordinator/core/schedule/retry_policy.h"

namespace kso::coordinator {

// The timeouts and bounds of the engine.
struct EngineOptions {
  // A worker that has not called for this long is lost. The time in which a
  // call of it was parked counts as far as it is longer than `long_poll`. After
  // a restart of the coordinator, also how long leases wait for their workers
  // to come back.
  absl::Duration worker_timeout = absl::Seconds(30);
  // How long a task may take on a worker that keeps calling.
  absl::Duration lease_duration = absl::Hours(1);
  // How long a Sync is parked.
  absl::Duration long_poll = absl::Seconds(10);
  // How long, at most, one is parked of a healthy worker that holds nothing and
  // reports nothing: in a large farm that is most of them, and each call costs.
  // Less than the minute after which proxies take a silent call for dead.
  absl::Duration idle_poll = absl::Seconds(50);
  // The longest that a WatchBuild is parked, whatever it asks for.
  absl::Duration longest_watch = absl::Seconds(30);
  RetryOptions retry;
  // A worker on which so many tasks in a row failed for reasons of its own gets
  // nothing for a while, twice as long each time.
  int quarantine_after = 3;
  absl::Duration first_quarantine = absl::Seconds(30);
  absl::Duration longest_quarantine = absl::Minutes(10);
  // Lost workers are shown for this long.
  absl::Duration forget_worker_after = absl::Hours(1);
  // Names leases: never the same twice, in one farm and for ever. Random when
  // empty.
  std::function<std::string()> new_lease_id;
  // Of the builds that have ended, so many are kept, the newest, and each for
  // so long; the newest of each release's name outlives its age.
  int keep_builds = 200;
  absl::Duration keep_builds_for = absl::Hours(24 * 90);
  // A watcher is not told more often than this of what has no event.
  absl::Duration progress_pause = absl::Milliseconds(500);
  // How long pushing tags may hold up a cancel.
  absl::Duration tag_patience = absl::Seconds(5);
  // What to do when the journal cannot be written. Logs and ends the process
  // when empty; if it returns, the engine stops and answers nobody.
  std::function<void(const absl::Status&)> fatal;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_ENGINE_OPTIONS_H_
