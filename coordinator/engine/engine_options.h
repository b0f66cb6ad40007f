// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_ENGINE_OPTIONS_H_
#define KSO_COORDINATOR_ENGINE_ENGINE_OPTIONS_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "coordinator/core/base/login_rules.h"
#include "coordinator/core/base/quotas.h"
#include "coordinator/core/schedule/retry_policy.h"
#include "coordinator/store/work_mark.h"

namespace kso::coordinator {

// The settings of the engine. The defaults are those of kso-coordinator.
struct EngineOptions {
  // The heartbeat timeout: a worker that has not called for this long is lost.
  // Of the time for which one of its calls was parked, the part beyond
  // `long_poll` counts. After a restart of the coordinator, leases wait for
  // their workers for as long.
  absl::Duration worker_timeout = absl::Seconds(30);
  // The time that a task may take on a worker that keeps calling.
  absl::Duration lease_duration = absl::Hours(1);
  // The time for which a Sync is parked.
  absl::Duration long_poll = absl::Seconds(10);
  // The longest time for which a Sync of a healthy worker is parked that holds
  // nothing and reports nothing. In a large farm most workers are such, and
  // each call costs. It is less than the minute after which proxies take a
  // silent call for dead.
  absl::Duration idle_poll = absl::Seconds(50);
  // While somebody looks at a build, and for `look_lasts` after that, calls of
  // workers that hold leases are parked no longer than `look_poll`, so that
  // what is shown is fresh; longer where there are many workers, so that all of
  // them together make no more than `looks_per_second` calls.
  absl::Duration look_poll = absl::Seconds(2);
  absl::Duration look_lasts = absl::Seconds(15);
  int looks_per_second = 50;
  // The longest time for which a WatchBuild is parked, whatever it asks for.
  absl::Duration longest_watch = absl::Seconds(30);
  RetryOptions retry;
  // The circuit breaker for workers: one on which so many tasks in a row have
  // failed for reasons of its own is given nothing for a while, which is twice
  // as long each time.
  int quarantine_after = 3;
  absl::Duration first_quarantine = absl::Seconds(30);
  absl::Duration longest_quarantine = absl::Minutes(10);
  // Lost workers are listed for this long.
  absl::Duration forget_worker_after = absl::Hours(1);
  // Makes the ids of leases, of which no two may be equal, ever, in one farm.
  // They are random when this is empty.
  std::function<std::string()> new_lease_id;
  // Of the builds that have ended, the newest are kept, so many and each for so
  // long. The newest of each release's name is kept beyond its age.
  int keep_builds = 200;
  absl::Duration keep_builds_for = absl::Hours(24 * 90);
  // Watchers are told of progress without events no more often than this.
  absl::Duration progress_pause = absl::Milliseconds(500);
  // The longest time for which pushing tags may hold up a cancel.
  absl::Duration tag_patience = absl::Seconds(5);
  Quotas quotas;
  // The rules on whose builds may have logins used, and where.
  LoginRules logins;
  // Tells at the next start which build a decision was made on when the process
  // ended. Null: nobody is told. It must outlive the engine.
  WorkMark* work_mark = nullptr;
  // Called when the journal cannot be written. When it is empty, the process
  // logs the error and ends; when it returns, the engine stops and answers
  // nobody.
  std::function<void(const absl::Status&)> fatal;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_ENGINE_OPTIONS_H_
