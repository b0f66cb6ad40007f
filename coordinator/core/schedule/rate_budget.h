// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_SCHEDULE_RATE_BUDGET_H_
#define KSO_COORDINATOR_CORE_SCHEDULE_RATE_BUDGET_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "coordinator/core/base/host_demand.h"
#include "kso/v1/types.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// The rate limits of hosts, for the farm as a whole: additive increase and
// multiplicative decrease (AIMD) of the tasks at a host, exponential backoff
// after refusals, and quotas that hosts announce.

struct RateBudgetOptions {
  // How long a host that refuses requests without a Retry-After is left alone:
  // twice as long after each refusal in a row.
  absl::Duration first_pause = absl::Seconds(1);
  absl::Duration longest_pause = absl::Minutes(1);
  // A Retry-After beyond this is cut to it.
  absl::Duration longest_retry_after = absl::Hours(6);
  // The requests of a quota that one task takes: an index and two manifests.
  int requests_a_task = 3;
  // The time between probes of a quota that is used up, in which one task may
  // find out whether it has come back: the quota's window divided by its
  // requests, within these bounds.
  absl::Duration shortest_probe = absl::Seconds(5);
  absl::Duration longest_probe = absl::Minutes(5);
  // Without refusals for this long, a host's limit of tasks is lifted.
  absl::Duration quiet = absl::Minutes(10);
  // The most hosts that are known at a time. Others are passed over until some
  // of these have been quiet for so long.
  size_t most_hosts = 1000;
};

// The tasks in flight at a host.
struct HostLoad {
  int tasks = 0;
  // The number of them that ask the host for manifests.
  int manifests = 0;
};

// A rate limiter for the farm as a whole. Workers report how hosts answer, and
// WhyNot says whether one more task may use a host. Nothing of it is durable:
// after a restart the reports tell it again. A host is known once it has said
// something about its limits. It is told the time; not thread safe.
class RateBudget {
 public:
  explicit RateBudget(const RateBudgetOptions& options = {})
      : options_(options) {}

  // `running` tells the number of tasks at the report's host, where that
  // matters.
  void Observe(const std::string& worker, const std::string& session,
               const v1::HostReport& report,
               const std::function<int()>& running, absl::Time now);
  // Forgets what a worker that is gone for good has reported last. What it said
  // of hosts stays.
  void Forget(const std::string& worker);
  // A task that used the host has succeeded.
  void Succeeded(const std::string& host);

  // Returns whether no host is known, and whether this one is.
  bool empty() const { return hosts_.empty(); }
  bool Knows(const std::string& host) const { return hosts_.contains(host); }

  // The reason why a task may not use a host now, in words; nothing when it
  // may.
  std::optional<std::string> WhyNot(const HostDemand& use, const HostLoad& load,
                                    absl::Time now) const;
  // The next time at which WhyNot may change by itself, without a report.
  absl::Time NextChange(absl::Time now) const;

  // Describes a host for people; nothing when it is unknown.
  std::optional<v1::HostLimit> Describe(const std::string& host,
                                        const HostLoad& load, int waiting,
                                        absl::Time now) const;
  // Calls `visit` with the names of the known hosts, in order.
  template <typename Visit>
  void ForEachHost(Visit visit) const {
    for (const auto& [name, host] : hosts_) visit(name);
  }

 private:
  struct Seen {
    std::string session;
    int64_t refusals = 0;
    // The end of the pause that the host has asked for.
    absl::Time asked_until = absl::InfinitePast();
  };
  struct Host {
    absl::Time reported_at = absl::InfinitePast();
    std::optional<v1::Quota> quota;
    absl::Time quota_at = absl::InfinitePast();
    absl::Time paused_until = absl::InfinitePast();
    absl::Time refused_at = absl::InfinitePast();
    // Refusals since the last success.
    int refusals_in_a_row = 0;
    // The tasks at a time; nothing where there is no limit.
    std::optional<double> task_limit;
    // The last report of each worker, by its name.
    std::map<std::string, Seen> seen;
  };

  // The host, which becomes known where there is room for it. Null where there
  // is none.
  Host* FindOrAdd(const std::string& name, absl::Time now);
  void Refuse(Host& host, int running, absl::Duration asked, absl::Time now);
  // 0 stands for no limit.
  int TaskLimit(const Host& host, absl::Time now) const;
  // The time of the next probe of a quota that is used up.
  absl::Time ProbeAt(const Host& host) const;

  const RateBudgetOptions options_;
  std::map<std::string, Host> hosts_;
  // The next time to look for hosts that have been quiet.
  absl::Time next_look_ = absl::InfinitePast();
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_SCHEDULE_RATE_BUDGET_H_
