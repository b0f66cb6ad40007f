// SPDX-License-Identifier: Apache-2.0
#include "worker/host_reports.h"

#include <algorithm>

#include "common/base/proto_time.h"

namespace kso::worker {

void AddHostReports(const http::HostLimits& limits, absl::Time now,
                    v1::WorkerInfo& info) {
  for (const http::HostReport& known : limits.Reports()) {
    v1::HostReport& report = *info.add_hosts();
    report.set_host(known.host);
    report.set_refusals(known.refusals);
    if (known.paused_until > now) {
      *report.mutable_retry_after() = ToProto(known.paused_until - now);
    }
    if (!known.quota.has_value()) continue;
    v1::Quota& quota = *report.mutable_quota();
    quota.set_limit(known.quota->limit);
    quota.set_remaining(known.quota->remaining);
    if (known.quota->window > absl::ZeroDuration()) {
      *quota.mutable_window() = ToProto(known.quota->window);
    }
    *report.mutable_quota_age() =
        ToProto(std::max(now - known.quota_at, absl::ZeroDuration()));
  }
}

}  // namespace kso::worker
