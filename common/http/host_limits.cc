// SPDX-License-Identifier: Apache-2.0
#include "common/http/host_limits.h"

#include <algorithm>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/http/retry_after.h"
#include "common/http/url.h"
#include "common/run/cancellation.h"

namespace kso::http {
namespace {

// Returns whether the host, or the network on the way to it, is overloaded.
bool IsRefusal(const absl::StatusOr<Response>& answer) {
  if (!answer.ok()) return absl::IsDeadlineExceeded(answer.status());
  return answer->status == kTooManyRequests ||
         answer->status == kServiceUnavailable;
}

class LimitedTransport : public Transport {
 public:
  LimitedTransport(std::unique_ptr<Transport> next, HostLimits* limits)
      : next_(std::move(next)), limits_(limits) {}

  absl::StatusOr<Response> Perform(const Request& request,
                                   size_t max_body) override {
    return Limited(request, [&](const Request& limited) {
      return next_->Perform(limited, max_body);
    });
  }

  absl::StatusOr<Response> Download(const Request& request, ByteSink& sink,
                                    OnResponse on_response) override {
    return Limited(request, [&](const Request& limited) {
      return next_->Download(limited, sink, std::move(on_response));
    });
  }

 private:
  template <typename Send>
  absl::StatusOr<Response> Limited(const Request& request, Send send) {
    KSO_ASSIGN_OR_RETURN(const Url url, Url::Parse(request.url));
    if (request.transfer.spare) return Spare(request, url.host(), send);
    KSO_ASSIGN_OR_RETURN(const absl::Time begun,
                         limits_->Enter(url.host(), request.transfer.stop));
    absl::StatusOr<Response> answer = send(request);
    limits_->Leave(url.host(), begun, answer);
    return answer;
  }

  template <typename Send>
  absl::StatusOr<Response> Spare(const Request& request,
                                 const std::string& host, Send send) {
    std::optional<HostLimits::SparePlace> place = limits_->TakeSpare(host);
    if (!place) return absl::AbortedError(Concat("no place is free at ", host));
    const EitherStop either(request.transfer.stop, place->give_way.get_token());
    Request limited = request;
    limited.transfer.stop = either.token();
    absl::StatusOr<Response> answer = send(limited);
    limits_->LeaveSpare(host, *place, answer);
    if (absl::IsCancelled(answer.status()) &&
        !request.transfer.stop.stop_requested()) {
      return absl::AbortedError(Concat("others want the place at ", host));
    }
    return answer;
  }

  const std::unique_ptr<Transport> next_;
  HostLimits* const limits_;
};

}  // namespace

HostLimits::Host& HostLimits::Find(const std::string& name) {
  return hosts_.try_emplace(name, options_.host).first->second;
}

bool HostLimits::HasRoom(const Host& host) const {
  return host.under_way < host.limit.limit() &&
         under_way_ < options_.most_in_all;
}

absl::StatusOr<absl::Time> HostLimits::Enter(const std::string& name,
                                             const std::stop_token& stop) {
  absl::MutexLock lock(&mutex_);
  Host& host = Find(name);
  const absl::Time latest = clock_->Now() + options_.longest_wait;
  const auto may_go = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return HasRoom(host);
  };
  while (true) {
    const absl::Time now = clock_->Now();
    const absl::Time resume = host.report.paused_until;
    const bool paused = resume > now && resume <= now + options_.longest_pause;
    if (now >= latest || (!paused && HasRoom(host))) break;
    if (stop.stop_requested()) {
      return absl::CancelledError(
          Concat("cancelled while waiting for a turn at ", name));
    }
    if (paused) {
      const auto other_pause = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return host.report.paused_until != resume;
      };
      AwaitOrStop(clock_, &mutex_, absl::Condition(&other_pause),
                  std::min(resume, latest), stop);
    } else {
      ++host.waiting;
      ++waiting_;
      AskToGiveWay();
      AwaitOrStop(clock_, &mutex_, absl::Condition(&may_go), latest, stop);
      --host.waiting;
      --waiting_;
    }
  }
  ++host.under_way;
  ++under_way_;
  AskToGiveWay();
  return clock_->Now();
}

void HostLimits::Leave(const std::string& name, absl::Time begun,
                       const absl::StatusOr<Response>& answer) {
  absl::MutexLock lock(&mutex_);
  Learn(Find(name), begun, answer);
}

std::optional<HostLimits::SparePlace> HostLimits::TakeSpare(
    const std::string& name) {
  absl::MutexLock lock(&mutex_);
  Host& host = Find(name);
  const absl::Time now = clock_->Now();
  if (waiting_ > 0 || !HasRoom(host) || host.report.paused_until > now) {
    return std::nullopt;
  }
  ++host.under_way;
  ++under_way_;
  SparePlace place = {.begun = now, .give_way = {}};
  host.spares.push_back(place.give_way);
  return place;
}

void HostLimits::AskToGiveWay() {
  for (auto& [name, host] : hosts_) {
    while (host.under_way >= host.limit.limit() &&
           host.waiting > host.giving_way && AskOneToGiveWay(host)) {
    }
  }
  if (under_way_ < options_.most_in_all) return;
  for (auto& [name, host] : hosts_) {
    while (waiting_ > giving_way_ && AskOneToGiveWay(host)) {
    }
  }
}

bool HostLimits::AskOneToGiveWay(Host& host) {
  if (host.spares.empty()) return false;
  host.spares.back().request_stop();
  host.spares.pop_back();
  ++host.giving_way;
  ++giving_way_;
  return true;
}

void HostLimits::LeaveSpare(const std::string& name, const SparePlace& place,
                            const absl::StatusOr<Response>& answer) {
  absl::MutexLock lock(&mutex_);
  Host& host = Find(name);
  if (place.give_way.stop_requested()) {
    --host.giving_way;
    --giving_way_;
  } else {
    std::erase(host.spares, place.give_way);
  }
  Learn(host, place.begun, answer);
}

void HostLimits::Learn(Host& host, absl::Time begun,
                       const absl::StatusOr<Response>& answer) {
  --host.under_way;
  --under_way_;
  const absl::Time now = clock_->Now();
  if (IsRefusal(answer)) {
    host.limit.Refused(begun, now);
  } else if (answer.ok()) {
    host.limit.Succeeded();
  }
  AskToGiveWay();
  if (!answer.ok()) return;
  HostReport& report = host.report;
  if (answer->status == kTooManyRequests) ++report.refusals;
  if (const auto delay = RetryAfter(*answer, now)) {
    report.paused_until = std::max(report.paused_until, now + *delay);
  }
  if (const auto quota = ParseQuota(*answer)) {
    report.quota = quota;
    report.quota_at = now;
  }
}

int HostLimits::LimitOf(const std::string& name) const {
  absl::MutexLock lock(&mutex_);
  const auto found = hosts_.find(name);
  return found == hosts_.end() ? options_.host.first
                               : found->second.limit.limit();
}

std::vector<HostReport> HostLimits::Reports() const {
  absl::MutexLock lock(&mutex_);
  std::vector<HostReport> reports;
  for (const auto& [name, host] : hosts_) {
    const HostReport& report = host.report;
    if (report.refusals == 0 && !report.quota &&
        report.paused_until == absl::InfinitePast()) {
      continue;
    }
    reports.push_back(report);
    reports.back().host = name;
  }
  return reports;
}

std::unique_ptr<Transport> WithHostLimits(std::unique_ptr<Transport> next,
                                          HostLimits* limits) {
  return std::make_unique<LimitedTransport>(std::move(next), limits);
}

}  // namespace kso::http
