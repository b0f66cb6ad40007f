// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/schedule/rate_budget.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "common/run/retry.h"
#include "coordinator/core/base/words.h"

namespace kso::coordinator {
namespace {

// Refusals that come closer together than this are one.
constexpr absl::Duration kSameRefusal = absl::Seconds(1);
// Ends of pauses that are closer together than this are of the same pause, told
// at different times.
constexpr absl::Duration kSamePause = absl::Seconds(5);
// Nobody has so many tasks at one host.
constexpr double kNoLimit = 256;
// A flood of new names costs no search for each of them.
constexpr absl::Duration kLookInterval = absl::Seconds(1);

// "0 of 100 requests left in 6 h".
std::string QuotaInWords(const v1::Quota& quota) {
  std::string text =
      absl::StrCat(quota.remaining(), " of ", quota.limit(), " requests left");
  const absl::Duration window = FromProto(quota.window());
  if (window > absl::ZeroDuration()) {
    absl::StrAppend(&text, " in each ", DurationInWords(window));
  }
  return text;
}

}  // namespace

void RateBudget::Observe(const std::string& worker, const std::string& session,
                         const v1::HostReport& report,
                         const std::function<int()>& running, absl::Time now) {
  Host* const found = FindOrAdd(report.host(), now);
  if (found == nullptr) return;
  Host& host = *found;
  host.reported_at = now;
  if (report.has_quota()) {
    const absl::Time at = now - FromProto(report.quota_age());
    // Ages are whole only to the clocks' steps: the later report wins.
    if (at >= host.quota_at) {
      host.quota = report.quota();
      host.quota_at = at;
    }
  }
  Seen& seen = host.seen[worker];
  const bool refused = seen.session != session
                           ? report.refusals() > 0
                           : report.refusals() > seen.refusals;
  const absl::Duration left = FromProto(report.retry_after());
  const absl::Duration asked = std::min(left, options_.longest_retry_after);
  if (refused) Refuse(host, running(), asked, now);
  // Each report tells of the same pause, of which less is left: one that is
  // longer than what is believed must not begin anew with each.
  const bool asked_anew =
      seen.session != session || now + left > seen.asked_until + kSamePause;
  if (asked_anew) host.paused_until = std::max(host.paused_until, now + asked);
  seen = {.session = session,
          .refusals = report.refusals(),
          .asked_until = now + left};
}

RateBudget::Host* RateBudget::FindOrAdd(const std::string& name,
                                        absl::Time now) {
  const auto found = hosts_.find(name);
  if (found != hosts_.end()) return &found->second;
  if (hosts_.size() >= options_.most_hosts && now >= next_look_) {
    next_look_ = now + kLookInterval;
    std::erase_if(hosts_, [&](const auto& entry) {
      const Host& host = entry.second;
      return host.reported_at + options_.quiet <= now &&
             host.paused_until <= now;
    });
  }
  return hosts_.size() < options_.most_hosts ? &hosts_[name] : nullptr;
}

void RateBudget::Forget(const std::string& worker) {
  for (auto& [name, host] : hosts_) host.seen.erase(worker);
}

void RateBudget::Refuse(Host& host, int running, absl::Duration asked,
                        absl::Time now) {
  if (now < host.refused_at + kSameRefusal) return;
  host.refused_at = now;
  const absl::Duration pause = ExponentialDelay(
      {.first = options_.first_pause, .longest = options_.longest_pause},
      host.refusals_in_a_row);
  ++host.refusals_in_a_row;
  if (asked <= absl::ZeroDuration()) {
    host.paused_until = std::max(host.paused_until, now + pause);
  }
  const double at_most =
      std::min<double>(host.task_limit.value_or(running), running);
  host.task_limit = std::max<double>(1, at_most / 2);
}

void RateBudget::Succeeded(const std::string& name) {
  const auto found = hosts_.find(name);
  if (found == hosts_.end()) return;
  Host& host = found->second;
  host.refusals_in_a_row = 0;
  if (!host.task_limit.has_value()) return;
  *host.task_limit += 1 / *host.task_limit;
  if (*host.task_limit > kNoLimit) host.task_limit.reset();
}

int RateBudget::TaskLimit(const Host& host, absl::Time now) const {
  if (now >= host.refused_at + options_.quiet) return 0;
  return static_cast<int>(host.task_limit.value_or(0));
}

absl::Time RateBudget::ProbeAt(const Host& host) const {
  const absl::Duration window = FromProto(host.quota->window());
  // With a limit of 0, this is an infinite duration.
  const absl::Duration each = window > absl::ZeroDuration()
                                  ? window / host.quota->limit()
                                  : options_.longest_probe;
  return host.quota_at +
         std::clamp(each, options_.shortest_probe, options_.longest_probe);
}

std::optional<std::string> RateBudget::WhyNot(const HostDemand& use,
                                              const HostLoad& load,
                                              absl::Time now) const {
  const auto found = hosts_.find(use.host);
  if (found == hosts_.end()) return std::nullopt;
  const Host& host = found->second;
  if (host.paused_until > now) {
    return absl::StrCat(use.host, " wants no request for ",
                        DurationInWords(host.paused_until - now));
  }
  const int limit = TaskLimit(host, now);
  if (limit > 0 && load.tasks >= limit) {
    return absl::StrCat(use.host, " has refused requests as too many and ",
                        limit == 1 ? "serves one task" : "serves ",
                        limit == 1 ? "" : absl::StrCat(limit, " tasks"),
                        " at a time");
  }
  if (!use.manifests || !host.quota.has_value()) return std::nullopt;
  const int64_t needed =
      (int64_t{load.manifests} + 1) * options_.requests_a_task;
  if (host.quota->remaining() >= needed) return std::nullopt;
  if (load.manifests == 0 && now >= ProbeAt(host)) return std::nullopt;
  std::string reason =
      absl::StrCat(use.host, " has ", QuotaInWords(*host.quota));
  if (load.manifests > 0) {
    absl::StrAppend(&reason, ", which running tasks may need");
  } else {
    absl::StrAppend(&reason, "; the next try is in ",
                    DurationInWords(ProbeAt(host) - now));
  }
  return reason;
}

absl::Time RateBudget::NextChange(absl::Time now) const {
  absl::Time next = absl::InfiniteFuture();
  const auto consider = [&](absl::Time time) {
    if (time > now) next = std::min(next, time);
  };
  for (const auto& [name, host] : hosts_) {
    consider(host.paused_until);
    if (host.task_limit.has_value()) consider(host.refused_at + options_.quiet);
    if (host.quota.has_value() &&
        host.quota->remaining() < options_.requests_a_task) {
      consider(ProbeAt(host));
    }
  }
  return next;
}

std::optional<v1::HostLimit> RateBudget::Describe(const std::string& name,
                                                  const HostLoad& load,
                                                  int waiting,
                                                  absl::Time now) const {
  const auto found = hosts_.find(name);
  if (found == hosts_.end()) return std::nullopt;
  const Host& host = found->second;
  v1::HostLimit limit;
  limit.set_host(name);
  if (host.quota.has_value()) *limit.mutable_quota() = *host.quota;
  limit.set_task_limit(TaskLimit(host, now));
  limit.set_tasks_running(load.tasks);
  limit.set_tasks_waiting(waiting);
  std::string words = name;
  const char* separator = ": ";
  const auto say = [&](const std::string& text) {
    absl::StrAppend(&words, separator, text);
    separator = ", ";
  };
  if (host.quota.has_value()) {
    say(absl::StrCat(
        QuotaInWords(*host.quota), " ",
        DurationInWords(std::max(now - host.quota_at, absl::ZeroDuration())),
        " ago"));
  }
  if (host.paused_until > now) {
    *limit.mutable_paused_for() = ToProto(host.paused_until - now);
    say(absl::StrCat("wants no request for ",
                     DurationInWords(host.paused_until - now)));
  }
  if (limit.task_limit() > 0) {
    say(absl::StrCat("at most ", Count(limit.task_limit(), "task"),
                     " at a time since it refused requests"));
  }
  if (load.tasks > 0) say(absl::StrCat(Count(load.tasks, "task"), " running"));
  if (waiting > 0) {
    say(absl::StrCat(Count(waiting, "task"), " waiting for it"));
  }
  limit.set_words(words);
  return limit;
}

}  // namespace kso::coordinator
