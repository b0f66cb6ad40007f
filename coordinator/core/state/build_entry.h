// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_STATE_BUILD_ENTRY_H_
#define KSO_COORDINATOR_CORE_STATE_BUILD_ENTRY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "coordinator/core/state/event_log.h"
#include "coordinator/core/state/packed_message.h"
#include "coordinator/core/state/task_entry.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/farm.pb.h"
#include "kso/v1/journal.pb.h"

namespace kso::coordinator {

// A build, as State keeps it: plain data, which only State and TaskIndex
// change.

struct PhaseCounts {
  int total = 0;
  int done = 0;
  int leased = 0;
  int failed = 0;
  // The weights of all tasks, and of those that are done.
  int64_t bytes = 0;
  int64_t bytes_done = 0;

  bool AllDone() const { return done == total; }
};

struct EarlierDemand {
  bool operator()(const Demand* a, const Demand* b) const { return *a < *b; }
};

// A task and a time, in the order of time.
using TimedTask = std::tuple<absl::Time, int64_t, const TaskEntry*>;

// The unfinished tasks of a running build, by what they wait for.
struct BuildQueue {
  // Tasks that a worker may have now, by their demand. No queue is empty.
  std::map<const Demand*, TaskQueue, EarlierDemand> ready;
  // Tasks that wait for a time, mostly for that of a retry.
  std::set<TimedTask> delayed;
  // The number of tasks that wait for the result of an identical task, by the
  // number of the build that runs that one.
  std::map<int64_t, int> shared;
  // Tasks that workers hold.
  TaskQueue leased;
};

// The time that a build has spent in a phase, and what set it.
struct PhaseTime {
  // Without the stay that has not ended.
  absl::Duration spent;
  // When the phase was entered that the build is in.
  std::optional<absl::Time> since;
  // When the phase was entered first, and left last.
  absl::Time began = absl::InfinitePast();
  absl::Time left = absl::InfinitePast();
  // The task of the phase that was done last, where it ran and for how long.
  std::string last_task;
  std::string last_worker;
  absl::Duration last_took;
};

// A cause of failures that several tasks have met (core/base/host_trouble.h),
// as the log tells of it.
struct ToldCause {
  // When the log last told of it.
  absl::Time told = absl::InfinitePast();
  // The numbers of the tasks that have met it.
  std::set<int64_t> tasks;
};

struct BuildEntry {
  std::string build_id;
  // Counts the builds of the farm; later builds have larger numbers.
  int64_t number = 0;
  // Counts the records about this build.
  int64_t revision = 0;
  // How often the build has lost something at the destination since it was
  // submitted or retried by hand.
  int reopened = 0;
  // How often in a row the coordinator has ended while it was deciding on the
  // build.
  int interruptions = 0;
  // The release as submitted, without its lists of files and images: these may
  // have thousands of items, are needed once or twice, and are kept packed.
  v1::Release release;
  int file_count = 0;
  int image_count = 0;
  bool plan_only = false;
  // The build takes nothing over from earlier builds.
  bool fresh = false;
  // The priority that the request asked for, and the one that it has.
  int submitted_priority = 0;
  int priority = 0;
  // The identity that submitted it, and the bytes that it may fetch, and push;
  // 0: any number.
  std::string submitted_by;
  int64_t most_bytes = 0;
  // The bytes of the coordinator's disk that all builds of that identity may
  // hold; 0: any number. The build has added some when they were more.
  int64_t most_disk_bytes = 0;
  bool over_disk_quota = false;
  // How often somebody has retried it, or given it another priority.
  int interventions = 0;
  absl::Time created;
  absl::Time ended = absl::InfinitePast();
  v1::Build::State state = v1::Build::RUNNING;
  v1::Phase phase = v1::PHASE_UNSPECIFIED;
  // The tasks of each phase, in the order in which they were added.
  std::map<v1::Phase, std::vector<TaskEntry*>> tasks;
  std::map<v1::Phase, PhaseCounts> counts;
  // Of the phases that have begun.
  std::map<v1::Phase, PhaseTime> times;
  BuildQueue queue;
  // The destination's answer: set from the end of CHECK until the plan is made.
  std::optional<v1::DestinationChecked> destination;
  bool planned = false;
  PackedMessage<v1::PlanSummary> plan;
  std::vector<v1::PlannedImage> planned_images;
  PackedMessage<v1::ContentJudged> judged;
  std::vector<v1::ImageResult> images;
  std::vector<v1::Verification> verifications;
  std::vector<v1::Failure> failures;
  // As in v1::Build.
  std::vector<std::string> notes;
  // By their keys; since the phase began.
  std::map<std::string, ToldCause> causes;
  EventLog events;
  int64_t bytes_fetched = 0;
  int64_t bytes_pushed = 0;
  // The facts that are shown of tasks that are forgotten.
  PackedMessage<v1::PastTasks> past_tasks;

  void SetRelease(const v1::Release& submitted);
  // The release with its lists, unless they were forgotten.
  v1::Release WholeRelease() const;
  void ForgetLists() { lists_.Clear(); }

  // To be called when the build enters its phase, also by a retry, and before
  // it leaves it or ends.
  void BeginStay(absl::Time time);
  void EndStay(absl::Time time);

  bool running() const { return state == v1::Build::RUNNING; }
  PhaseCounts CountsOf(v1::Phase of) const;
  // The tasks of a phase; empty when it has none.
  const std::vector<TaskEntry*>& TasksOf(v1::Phase of) const;

 private:
  // A message with nothing but the files and images of the release.
  PackedMessage<v1::Release> lists_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_STATE_BUILD_ENTRY_H_
