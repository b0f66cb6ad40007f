// SPDX-License-Identifier: Apache-2.0
#include "cli/render/progress_model.h"

#include <algorithm>

#include "common/base/proto_time.h"

namespace kso::cli {
namespace {

// A rate is that of so long. Workers report every other second.
constexpr absl::Duration kWindow = absl::Seconds(20);
// A measurement over a shorter time is noise.
constexpr absl::Duration kShortest = absl::Seconds(1);

int64_t Moved(const v1::ActiveTask& task) {
  return task.bytes_fetched() + task.bytes_pushed();
}

}  // namespace

void RateMeter::Add(absl::Time time, int64_t bytes) {
  if (!samples_.empty() && time <= samples_.back().first) return;
  // A count that went back begins anew: the task was given to another worker.
  if (!samples_.empty() && bytes < samples_.back().second) samples_.clear();
  samples_.emplace_back(time, bytes);
  while (samples_.size() > 2 && samples_[1].first <= time - kWindow) {
    samples_.pop_front();
  }
}

std::optional<double> RateMeter::PerSecond() const {
  if (samples_.size() < 2) return std::nullopt;
  const absl::Duration time = samples_.back().first - samples_.front().first;
  if (time < kShortest) return std::nullopt;
  return static_cast<double>(samples_.back().second - samples_.front().second) /
         absl::ToDoubleSeconds(time);
}

void ProgressModel::Update(const v1::Build& build, absl::Time now) {
  build_ = build;
  std::map<std::string, RateMeter> before;
  before.swap(tasks_);
  for (const v1::ActiveTask& task : build.active()) {
    RateMeter& meter = tasks_[task.task_id()];
    if (const auto known = before.find(task.task_id()); known != before.end()) {
      meter = std::move(known->second);
    } else {
      meter.Add(FromProto(task.started()), 0);
    }
    if (task.has_reported()) meter.Add(FromProto(task.reported()), Moved(task));
  }
  if (measured_ != build.phase()) {
    measured_ = build.phase();
    phase_ = RateMeter();
  }
  if (const v1::PhaseProgress* phase = CurrentPhase(build_)) {
    phase_.Add(now, phase->bytes_done());
  }
}

std::optional<double> ProgressModel::RateOf(const v1::ActiveTask& task) const {
  const auto meter = tasks_.find(task.task_id());
  return meter == tasks_.end() ? std::nullopt : meter->second.PerSecond();
}

std::optional<double> ProgressModel::PhaseRate() const {
  return phase_.PerSecond();
}

std::optional<absl::Duration> ProgressModel::TimeLeft() const {
  const v1::PhaseProgress* const phase = CurrentPhase(build_);
  if (phase == nullptr || build_.state() != v1::Build::RUNNING) {
    return std::nullopt;
  }
  const int64_t left = phase->bytes_total() - phase->bytes_done();
  if (const auto rate = PhaseRate(); rate.value_or(0) >= 1 && left > 0) {
    return absl::Seconds(static_cast<double>(left) / *rate);
  }
  if (build_.phase() == v1::LAYERS && build_.plan().has_estimated_time()) {
    const absl::Duration planned = FromProto(build_.plan().estimated_time());
    const absl::Duration rest = planned - FromProto(phase->took());
    if (rest > absl::ZeroDuration()) return rest;
  }
  return std::nullopt;
}

std::optional<HostRate> ProgressModel::SlowestHost() const {
  std::map<std::string, HostRate> hosts;
  for (const v1::ActiveTask& task : build_.active()) {
    const std::optional<double> rate = RateOf(task);
    if (task.host().empty() || !rate.has_value()) continue;
    HostRate& host = hosts[task.host()];
    host.host = task.host();
    ++host.tasks;
    host.per_second += *rate;
  }
  if (hosts.empty()) return std::nullopt;
  return std::min_element(hosts.begin(), hosts.end(),
                          [](const auto& a, const auto& b) {
                            return a.second.per_second / a.second.tasks <
                                   b.second.per_second / b.second.tasks;
                          })
      ->second;
}

const v1::PhaseProgress* CurrentPhase(const v1::Build& build) {
  for (const v1::PhaseProgress& progress : build.progress()) {
    if (progress.phase() == build.phase()) return &progress;
  }
  return nullptr;
}

}  // namespace kso::cli
