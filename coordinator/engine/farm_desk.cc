// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/farm_desk.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/oci/destination.h"
#include "common/oci/platform.h"
#include "coordinator/core/base/phases.h"
#include "coordinator/core/schedule/waiting.h"
#include "coordinator/core/state/task_status.h"
#include "coordinator/engine/build_details.h"
#include "coordinator/engine/task_view.h"

namespace kso::coordinator {
namespace {

constexpr int kDefaultPage = 100;
constexpr int kLargestPage = 1000;

absl::StatusOr<int> PageSize(int asked) {
  if (asked < 0) {
    return absl::InvalidArgumentError("a page has no less than one item");
  }
  return asked == 0 ? kDefaultPage : std::min(asked, kLargestPage);
}

// A token is a place in a list.
absl::StatusOr<int64_t> ReadToken(const std::string& token) {
  int64_t place = 0;
  if (!token.empty() && (!absl::SimpleAtoi(token, &place) || place <= 0)) {
    return absl::InvalidArgumentError(
        "there is no such page; ask for the first one again");
  }
  return place;
}

// Says whether texts have another in them, whatever the case of ASCII letters.
class TextFilter {
 public:
  explicit TextFilter(const std::string& text)
      : text_(absl::AsciiStrToLower(text)) {}

  bool Accepts(const std::string& in) const {
    return text_.empty() ||
           absl::AsciiStrToLower(in).find(text_) != std::string::npos;
  }

 private:
  const std::string text_;
};

template <typename Values, typename Value>
bool Allows(const Values& values, Value value) {
  return values.empty() ||
         std::find(values.begin(), values.end(), value) != values.end();
}

// A task that is there, or what is left of one.
struct TaskPlace {
  const TaskEntry* entry = nullptr;
  const v1::TaskStatus* past = nullptr;

  v1::TaskStatus::State state() const {
    return entry != nullptr ? StateOfTask(*entry) : past->state();
  }
  const std::string& name() const {
    return entry != nullptr ? entry->name : past->name();
  }
  std::string_view worker() const {
    if (entry == nullptr) return past->worker();
    return entry->run.worker == nullptr ? std::string_view()
                                        : *entry->run.worker;
  }
};

bool Matches(const v1::ListTasksRequest& request, const TextFilter& text,
             const TaskPlace& task) {
  return Allows(request.states(), static_cast<int>(task.state())) &&
         (request.worker().empty() || request.worker() == task.worker()) &&
         text.Accepts(task.name());
}

// Calls `visit` with the build's tasks, in the order of the phases.
void ForEachTask(const BuildEntry& build, const v1::PastTasks& past,
                 const std::function<void(v1::Phase, TaskPlace)>& visit) {
  for (const PhaseRule& rule : PhaseRules()) {
    for (const v1::TaskStatus& task : past.tasks()) {
      if (task.phase() == rule.phase) visit(rule.phase, {.past = &task});
    }
    for (const TaskEntry* task : build.TasksOf(rule.phase)) {
      visit(rule.phase, {.entry = task});
    }
  }
}

int ReadyCount(const BuildQueue& queue) {
  size_t count = 0;
  for (const auto& [demand, tasks] : queue.ready) count += tasks.size();
  return static_cast<int>(count);
}

// Subtracts what was there before.
v1::FarmTotals Since(const v1::FarmTotals& before, const v1::FarmTotals& all) {
  v1::FarmTotals since;
  since.set_tasks_done(all.tasks_done() - before.tasks_done());
  since.set_tasks_failed(all.tasks_failed() - before.tasks_failed());
  since.set_tasks_reused(all.tasks_reused() - before.tasks_reused());
  since.set_layers_made(all.layers_made() - before.layers_made());
  since.set_layers_reused(all.layers_reused() - before.layers_reused());
  since.set_bytes_fetched(all.bytes_fetched() - before.bytes_fetched());
  since.set_bytes_pushed(all.bytes_pushed() - before.bytes_pushed());
  since.set_bytes_reused(all.bytes_reused() - before.bytes_reused());
  return since;
}

void AddPools(const State& state, const WorkerPool& pool,
              v1::FarmStatus& farm) {
  std::map<std::string, v1::PlatformPool> pools;
  int ready = 0;
  for (const auto& [name, member] : pool.members()) {
    if (!member.ready) continue;
    ++ready;
    const v1::WorkerInfo& info = member.view->info;
    for (const v1::PlatformSupport& support : info.platforms()) {
      v1::PlatformPool& one = pools[oci::FormatPlatform(support.platform())];
      one.set_workers_ready(one.workers_ready() + 1);
      one.set_workers_native(one.workers_native() + (support.native() ? 1 : 0));
      one.set_slots(one.slots() + info.slots());
      one.set_slots_used(one.slots_used() +
                         static_cast<int>(state.LeasesOf(name).size()));
    }
  }
  farm.set_workers_ready(ready);
  for (auto& [platform, one] : pools) {
    one.set_platform(platform);
    *farm.add_platforms() = std::move(one);
  }
}

void AddWorkers(const std::map<std::string, Worker, std::less<>>& workers,
                v1::FarmStatus& farm) {
  std::map<v1::WorkerStatus::State, int> counts;
  for (const auto& [name, worker] : workers) ++counts[worker.view.state];
  for (const auto& [state, count] : counts) {
    v1::WorkerCount& one = *farm.add_workers();
    one.set_state(state);
    one.set_count(count);
  }
}

// The queues of all running builds together.
class Queues {
 public:
  Queues(const WorkerPool& workers, const HostGate& gate, absl::Time now)
      : workers_(workers), gate_(gate), now_(now) {}

  void Add(const BuildEntry& build) {
    const auto time = build.times.find(build.phase);
    const absl::Duration age =
        time == build.times.end() || !time->second.since.has_value()
            ? absl::ZeroDuration()
            : std::max(now_ - *time->second.since, absl::ZeroDuration());
    for (const auto& [demand, tasks] : build.queue.ready) {
      Queue& queue = QueueOf(*demand);
      queue.status.set_ready(queue.status.ready() +
                             static_cast<int>(tasks.size()));
      queue.oldest = std::max(queue.oldest, age);
      queue.reasons.insert(
          WhyDemandWaits(*demand, build.phase, workers_, now_, &gate_));
    }
    for (const auto& [when, number, task] : build.queue.delayed) {
      Queue& queue = QueueOf(*task->demand);
      queue.status.set_delayed(queue.status.delayed() + 1);
      queue.oldest = std::max(queue.oldest, age);
      if (!task->trouble_or_none().last_reason.empty()) {
        queue.reasons.insert(task->trouble_or_none().last_reason);
      }
    }
  }

  void MoveTo(v1::FarmStatus& farm) {
    constexpr int kMostReasons = 10;
    for (auto& [key, queue] : queues_) {
      v1::TaskQueueStatus& status = *farm.add_queues();
      status = std::move(queue.status);
      status.set_platform(key.first);
      status.set_must_execute(key.second);
      *status.mutable_oldest() = ToProto(queue.oldest);
      for (const std::string& reason : queue.reasons) {
        if (status.reasons_size() == kMostReasons) break;
        status.add_reasons(reason);
      }
    }
  }

 private:
  struct Queue {
    v1::TaskQueueStatus status;
    absl::Duration oldest;
    std::set<std::string> reasons;
  };
  Queue& QueueOf(const Demand& demand) {
    return queues_[{demand.platform_name, demand.must_execute}];
  }

  const WorkerPool& workers_;
  const HostGate& gate_;
  const absl::Time now_;
  std::map<std::pair<std::string, bool>, Queue> queues_;
};

void AddTraffic(const v1::HostTraffic& traffic, v1::HostLimit& host) {
  host.set_host(traffic.host());
  host.set_bytes_received(
      SaturatingAdd(host.bytes_received(), traffic.bytes_received()));
  host.set_bytes_sent(SaturatingAdd(host.bytes_sent(), traffic.bytes_sent()));
}

}  // namespace

void FarmDesk::Start(const State& state, absl::Time now) {
  started_ = now;
  before_ = state.totals();
}

absl::StatusOr<v1::ListBuildSummariesResponse> FarmDesk::ListBuilds(
    Transaction& turn, const v1::ListBuildSummariesRequest& request) const {
  KSO_ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  // A token is the number of the last build of the page before.
  KSO_ASSIGN_OR_RETURN(const int64_t token, ReadToken(request.page_token()));
  const int64_t before =
      token == 0 ? std::numeric_limits<int64_t>::max() : token;
  const TextFilter text(request.text());
  std::vector<const BuildEntry*> builds;
  for (const auto& [id, build] : turn.state().builds()) {
    const std::string& name = build.release.name();
    if (Allows(request.states(), static_cast<int>(build.state)) &&
        (request.release().empty() || request.release() == name) &&
        (text.Accepts(id) || text.Accepts(name) ||
         text.Accepts(oci::FormatDestination(build.release.destination())))) {
      builds.push_back(&build);
    }
  }
  std::sort(builds.begin(), builds.end(),
            [](const auto* a, const auto* b) { return a->number > b->number; });
  v1::ListBuildSummariesResponse response;
  response.set_total(static_cast<int>(builds.size()));
  int64_t last = 0;
  for (const BuildEntry* build : builds) {
    if (build->number >= before) continue;
    if (response.builds_size() == page_size) {
      response.set_next_page_token(absl::StrCat(last));
      break;
    }
    last = build->number;
    *response.add_builds() = builds_.Summarize(turn, *build);
  }
  return response;
}

absl::StatusOr<v1::BuildDetails> FarmDesk::GetBuild(
    Transaction& turn, const v1::GetBuildDetailsRequest& request) const {
  KSO_ASSIGN_OR_RETURN(const BuildEntry* build,
                       builds_.Find(turn.state(), request.build_id()));
  v1::BuildDetails details;
  *details.mutable_build() = builds_.CloseView(turn, *build);
  *details.mutable_summary() = SummaryOf(*build, details.build());
  AddDetails(turn.state(), *build, details);
  return details;
}

absl::StatusOr<v1::ListTasksResponse> FarmDesk::ListTasks(
    Transaction& turn, const v1::ListTasksRequest& request) const {
  KSO_ASSIGN_OR_RETURN(const BuildEntry* build,
                       builds_.Find(turn.state(), request.build_id()));
  KSO_ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  KSO_ASSIGN_OR_RETURN(const int64_t first, ReadToken(request.page_token()));
  const TextFilter text(request.text());
  const v1::PastTasks past = build->past_tasks.Get();
  const HostGate gate = hosts_.GateOf(turn.state(), turn.now());
  v1::ListTasksResponse response;
  int64_t place = 0;
  int total = 0;
  ForEachTask(*build, past, [&](v1::Phase phase, TaskPlace task) {
    const int64_t here = place++;
    if (!Allows(request.phases(), static_cast<int>(phase)) ||
        !Matches(request, text, task)) {
      return;
    }
    ++total;
    if (here < first) return;
    if (response.tasks_size() == page_size) {
      if (response.next_page_token().empty()) {
        response.set_next_page_token(absl::StrCat(here));
      }
      return;
    }
    *response.add_tasks() =
        task.entry == nullptr
            ? *task.past
            : ViewOfTask(*task.entry, workers_, gate, turn.now());
  });
  response.set_total(total);
  return response;
}

absl::StatusOr<v1::ListEventsResponse> FarmDesk::ListEvents(
    Transaction& turn, const v1::ListEventsRequest& request) const {
  KSO_ASSIGN_OR_RETURN(const BuildEntry* build,
                       builds_.Find(turn.state(), request.build_id()));
  KSO_ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  const TextFilter text(request.text());
  v1::ListEventsResponse response;
  const int64_t last = static_cast<int64_t>(build->events.size());
  response.set_last_sequence(last);
  for (int64_t i = std::max<int64_t>(request.after_sequence(), 0); i < last;
       ++i) {
    v1::Event event = build->events[static_cast<size_t>(i)];
    if ((!request.task_id().empty() && request.task_id() != event.task_id()) ||
        !Allows(request.levels(), static_cast<int>(event.level())) ||
        !text.Accepts(event.text())) {
      continue;
    }
    if (response.events_size() == page_size) {
      response.set_next_after(i);
      break;
    }
    *response.add_events() = std::move(event);
  }
  return response;
}

v1::FarmStatus FarmDesk::GetFarm(const Transaction& turn) const {
  const State& state = turn.state();
  const HostGate gate = hosts_.GateOf(state, turn.now());
  v1::FarmStatus farm;
  *farm.mutable_started() = ToProto(started_);
  *farm.mutable_now() = ToProto(turn.now());
  farm.set_builds_running(static_cast<int>(state.running().size()));
  farm.set_builds_total(static_cast<int>(state.builds().size()));
  farm.set_tasks_running(static_cast<int>(state.leases().size()));
  Queues queues(workers_.pool(), gate, turn.now());
  int waiting = 0;
  for (const auto& [number, build] : state.running()) {
    waiting += ReadyCount(build->queue) +
               static_cast<int>(build->queue.delayed.size());
    queues.Add(*build);
  }
  farm.set_tasks_waiting(waiting);
  AddPools(state, workers_.pool(), farm);
  AddWorkers(workers_.workers(), farm);
  queues.MoveTo(farm);
  *farm.mutable_totals() = Since(before_, state.totals());
  for (v1::HostLimit& limit : gate.Limits(nullptr)) {
    *farm.add_hosts() = std::move(limit);
  }
  return farm;
}

absl::StatusOr<v1::ListWorkerDetailsResponse> FarmDesk::ListWorkers(
    const Transaction& turn,
    const v1::ListWorkerDetailsRequest& request) const {
  const State& state = turn.state();
  const HostGate gate = hosts_.GateOf(state, turn.now());
  v1::ListWorkerDetailsResponse response;
  v1::ListWorkersResponse list = workers_.List(turn.now());
  for (v1::WorkerStatus& status : *list.mutable_workers()) {
    const std::string name = status.info().name();
    if (!request.name().empty() && request.name() != name) continue;
    v1::WorkerDetails& details = *response.add_workers();
    *details.mutable_status() = std::move(status);
    const Worker* worker = workers_.Find(name);
    details.set_drain_ordered(worker != nullptr && worker->drain_ordered);
    for (const std::string& lease : state.LeasesOf(name)) {
      const TaskEntry* task = state.FindLease(lease);
      if (task == nullptr) continue;
      *details.add_tasks() = ViewOfTask(*task, workers_, gate, turn.now());
    }
  }
  if (!request.name().empty() && response.workers().empty()) {
    return NoWorker(request.name());
  }
  return response;
}

v1::ListHostsResponse FarmDesk::ListHosts(const Transaction& turn) const {
  const State& state = turn.state();
  const HostGate gate = hosts_.GateOf(state, turn.now());
  std::map<std::string, v1::HostLimit> hosts;
  const auto add = [&](const Demand& demand) {
    for (const HostDemand& use : demand.hosts) hosts[use.host];
  };
  for (const auto& [id, task] : state.leases()) add(*task->demand);
  for (const auto& [number, build] : state.running()) {
    for (const auto& [demand, tasks] : build->queue.ready) add(*demand);
    for (const auto& [when, task_number, task] : build->queue.delayed) {
      add(*task->demand);
    }
  }
  for (auto& [host, limit] : hosts) {
    limit.set_host(host);
    limit.set_tasks_running(gate.LoadOf(host).tasks);
  }
  for (v1::HostLimit& limit : gate.Limits(nullptr)) {
    hosts[limit.host()] = std::move(limit);
  }
  for (const auto& [name, worker] : workers_.workers()) {
    for (const v1::HostTraffic& traffic : worker.view.info.traffic()) {
      AddTraffic(traffic, hosts[traffic.host()]);
    }
  }
  v1::ListHostsResponse response;
  for (auto& [host, limit] : hosts) *response.add_hosts() = std::move(limit);
  return response;
}

v1::ListReleasesResponse FarmDesk::ListReleases(const Transaction& turn) const {
  const Memo& memo = turn.state().memo();
  std::map<std::string, v1::ReleaseStatus> releases;
  memo.ForEachRelease([&](const v1::ReleaseRemembered& remembered) {
    v1::ReleaseStatus& release = releases[remembered.destination()];
    release.set_name(remembered.name());
    release.set_destination(remembered.destination());
    release.set_build_id(remembered.build_id());
    release.set_bytes_moved(remembered.bytes_moved());
    *release.mutable_took() = remembered.took();
    release.set_build_kept(turn.state().FindBuild(remembered.build_id()) !=
                           nullptr);
    std::set<std::string_view> digests;
    for (const v1::RememberedGroup& group : remembered.groups()) {
      digests.insert(group.layers().begin(), group.layers().end());
    }
    release.set_layers(static_cast<int>(digests.size()));
    for (const std::string_view digest : digests) {
      const v1::LayerRemembered* layer =
          memo.FindLayerByDigest(remembered.space(), digest);
      if (layer == nullptr) continue;
      release.set_bytes(
          SaturatingAdd(release.bytes(), layer->layer().layer().size()));
    }
  });
  v1::ListReleasesResponse response;
  for (auto& [destination, release] : releases) {
    *response.add_releases() = std::move(release);
  }
  return response;
}

}  // namespace kso::coordinator
