// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_SCHEDULE_RATE_BUDGET_H_
#define KSO_COORDINATOR_CORE_SCHEDULE_RATE_BUDGET_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "coordinator/core/base/host_demand.h"
#include "kso/v1/types.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// The bounds within which the farm learns how much a host bears.
struct RateBudgetOptions {
  // How long a host that refuses requests without a Retry-After is left alone:
  // twice as long after each refusal in a row.
  absl::Duration first_pause = absl::Seconds(1);
  absl::Duration longest_pause = absl::Minutes(1);
  // A Retry-After beyond this is cut to it.
  absl::Duration longest_retry_after = absl::Hours(6);
  // What a task costs of a quota: an index and two manifests.
  int requests_a_task = 3;
  // How often one task may find out whether a quota that was used up has come
  // back: once for each request of it, within these bounds.
  absl::Duration shortest_probe = absl::Seconds(5);
  absl::Duration longest_probe = absl::Minutes(5);
  // Without refusals for this long, a host's limit of tasks is lifted.
  absl::Duration quiet = absl::Minutes(10);
};

// Tasks that the farm runs at a host.
struct HostLoad {
  int tasks = 0;
  // Those of them that ask it for manifests.
  int manifests = 0;
};

// What each host allows the farm as a whole: what workers report of its answers
// comes in, whether another task may use it comes out. None of it is durable:
// after a restart the reports tell it again. A host is known once it has said
// something of its limits. Pure; not thread safe.
class RateBudget {
 public:
  explicit RateBudget(const RateBudgetOptions& options = {})
      : options_(options) {}

  // `running` tells the number of tasks at the report's host, where that
  // matters.
  void Observe(const std::string& worker, const std::string& session,
               const v1::HostReport& report,
               const std::function<int()>& running, absl::Time now);
  // A task that used the host has succeeded.
  void Succeeded(const std::string& host);

  // Whether no host has said anything, or whether one has.
  bool empty() const { return hosts_.empty(); }
  bool Knows(const std::string& host) const { return hosts_.contains(host); }

  // Why a task may not use a host now, in words; nothing when it may.
  std::optional<std::string> WhyNot(const HostDemand& use, const HostLoad& load,
                                    absl::Time now) const;
  // When WhyNot may change without anything being reported or run.
  absl::Time NextChange(absl::Time now) const;

  // What is known of a host for people; nothing of an unknown one.
  std::optional<v1::HostLimit> Describe(const std::string& host,
                                        const HostLoad& load, int waiting,
                                        absl::Time now) const;
  // By name.
  template <typename Visit>
  void ForEachHost(Visit visit) const {
    for (const auto& [name, host] : hosts_) visit(name);
  }

 private:
  struct Seen {
    std::string session;
    int64_t refusals = 0;
  };
  struct Host {
    std::optional<v1::Quota> quota;
    absl::Time quota_at = absl::InfinitePast();
    absl::Time paused_until = absl::InfinitePast();
    absl::Time refused_at = absl::InfinitePast();
    // Without a success in between.
    int refusals_in_a_row = 0;
    // 0: none.
    double task_limit = 0;
    // By worker.
    std::map<std::string, Seen> seen;
  };

  void Refuse(Host& host, int running, absl::Duration asked, absl::Time now);
  int TaskLimit(const Host& host, absl::Time now) const;
  // When a quota that was used up is worth another look.
  absl::Time ProbeAt(const Host& host) const;

  const RateBudgetOptions options_;
  std::map<std::string, Host> hosts_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_SCHEDULE_RATE_BUDGET_H_
