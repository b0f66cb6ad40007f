// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/farm_history.h"

#include <utility>

#include "common/base/proto_time.h"

namespace kso::coordinator {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(10);
// Two hours.
constexpr size_t kMostSamples = 720;

}  // namespace

bool FarmHistory::WantsSample(absl::Time now) const {
  absl::MutexLock lock(&mutex_);
  // A clock that was set back does not stop the plots.
  return now >= last_ + kInterval || now < last_;
}

void FarmHistory::Add(const v1::FarmStatus& farm) {
  OutJson quotas = OutJson::array();
  for (const v1::HostLimit& host : farm.hosts()) {
    if (!host.has_quota()) continue;
    quotas.push_back({{"host", host.host()},
                      {"limit", host.quota().limit()},
                      {"remaining", host.quota().remaining()}});
  }
  OutJson sample = {{"time", TimeInJson(FromProto(farm.now()))},
                    {"tasksRunning", farm.tasks_running()},
                    {"tasksWaiting", farm.tasks_waiting()},
                    {"workersReady", farm.workers_ready()},
                    {"totals", ToJson(farm.totals())},
                    {"quotas", std::move(quotas)}};
  absl::MutexLock lock(&mutex_);
  last_ = FromProto(farm.now());
  samples_.push_back(std::move(sample));
  if (samples_.size() > kMostSamples) samples_.pop_front();
}

OutJson FarmHistory::InJson() const {
  absl::MutexLock lock(&mutex_);
  OutJson samples = OutJson::array();
  for (const OutJson& sample : samples_) samples.push_back(sample);
  return {{"intervalSeconds", absl::ToInt64Seconds(kInterval)},
          {"samples", std::move(samples)}};
}

}  // namespace kso::coordinator
