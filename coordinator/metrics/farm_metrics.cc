// SPDX-License-Identifier: Apache-2.0
#include "coordinator/metrics/farm_metrics.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "common/base/proto_time.h"
#include "prometheus/client_metric.h"
#include "prometheus/metric_type.h"

namespace kso::coordinator {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

MetricFamily GaugeFamily(const char* name, const char* help) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = prometheus::MetricType::Gauge;
  return family;
}

void Add(MetricFamily& family, std::vector<ClientMetric::Label> labels,
         double value) {
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  metric.gauge.value = value;
}

// The tasks that wait for one platform, whether they must run on it or not.
struct Queue {
  int ready = 0;
  int delayed = 0;
  absl::Duration oldest = absl::ZeroDuration();
};

std::map<std::string, Queue> QueuesOf(const v1::FarmStatus& farm) {
  std::map<std::string, Queue> queues;
  for (const v1::TaskQueueStatus& status : farm.queues()) {
    Queue& queue =
        queues[status.platform().empty() ? "any" : status.platform()];
    queue.ready += status.ready();
    queue.delayed += status.delayed();
    queue.oldest = std::max(queue.oldest, FromProto(status.oldest()));
  }
  return queues;
}

void AddQueues(const v1::FarmStatus& farm, std::vector<MetricFamily>& all) {
  MetricFamily tasks = GaugeFamily(
      "kso_queue_tasks", "Tasks that wait for a worker, by platform.");
  MetricFamily delayed =
      GaugeFamily("kso_queue_delayed_tasks",
                  "Tasks that wait for their next try, by platform.");
  MetricFamily oldest = GaugeFamily(
      "kso_queue_oldest_timestamp_seconds",
      "Since when the oldest task of a platform has waited; absent where none "
      "does.");
  for (const auto& [platform, queue] : QueuesOf(farm)) {
    Add(tasks, {{"platform", platform}}, queue.ready);
    Add(delayed, {{"platform", platform}}, queue.delayed);
    if (queue.ready > 0) {
      Add(oldest, {{"platform", platform}},
          absl::ToDoubleSeconds(FromProto(farm.now()) - queue.oldest -
                                absl::UnixEpoch()));
    }
  }
  all.push_back(std::move(tasks));
  all.push_back(std::move(delayed));
  all.push_back(std::move(oldest));
}

// A state without workers is told, too, so that a worker that leaves it is seen
// to do so.
void AddWorkers(const v1::FarmStatus& farm, std::vector<MetricFamily>& all) {
  using State = v1::WorkerStatus::State;
  std::map<State, int> counts = {{v1::WorkerStatus::READY, 0},
                                 {v1::WorkerStatus::DRAINING, 0},
                                 {v1::WorkerStatus::LOST, 0},
                                 {v1::WorkerStatus::UNHEALTHY, 0}};
  for (const v1::WorkerCount& one : farm.workers()) {
    counts[one.state()] += one.count();
  }
  MetricFamily workers =
      GaugeFamily("kso_workers", "Workers of the farm, by state.");
  for (const auto& [state, count] : counts) {
    Add(workers,
        {{"state", absl::AsciiStrToLower(v1::WorkerStatus::State_Name(state))}},
        count);
  }
  all.push_back(std::move(workers));
}

void AddPools(const v1::FarmStatus& farm, std::vector<MetricFamily>& all) {
  MetricFamily slots = GaugeFamily(
      "kso_slots", "Slots of the ready workers that offer a platform.");
  MetricFamily used =
      GaugeFamily("kso_slots_used", "Those of them that are in use.");
  for (const v1::PlatformPool& pool : farm.platforms()) {
    Add(slots, {{"platform", pool.platform()}}, pool.slots());
    Add(used, {{"platform", pool.platform()}}, pool.slots_used());
  }
  all.push_back(std::move(slots));
  all.push_back(std::move(used));
}

void AddHosts(const v1::FarmStatus& farm, std::vector<MetricFamily>& all) {
  MetricFamily limit = GaugeFamily("kso_host_quota_limit",
                                   "Requests that a host allows in a window.");
  MetricFamily remaining =
      GaugeFamily("kso_host_quota_remaining", "Those of them that are left.");
  MetricFamily waiting =
      GaugeFamily("kso_host_waiting_tasks", "Tasks that wait for a host.");
  MetricFamily paused = GaugeFamily("kso_host_paused_seconds",
                                    "How long a host is still left alone.");
  for (const v1::HostLimit& host : farm.hosts()) {
    const std::vector<ClientMetric::Label> label = {{"host", host.host()}};
    if (host.has_quota()) {
      Add(limit, label, static_cast<double>(host.quota().limit()));
      Add(remaining, label, static_cast<double>(host.quota().remaining()));
    }
    Add(waiting, label, host.tasks_waiting());
    Add(paused, label, absl::ToDoubleSeconds(FromProto(host.paused_for())));
  }
  all.push_back(std::move(limit));
  all.push_back(std::move(remaining));
  all.push_back(std::move(waiting));
  all.push_back(std::move(paused));
}

}  // namespace

std::vector<MetricFamily> FarmMetrics(const v1::FarmStatus& farm) {
  std::vector<MetricFamily> all;
  AddQueues(farm, all);
  AddWorkers(farm, all);
  AddPools(farm, all);
  AddHosts(farm, all);
  return all;
}

}  // namespace kso::coordinator
