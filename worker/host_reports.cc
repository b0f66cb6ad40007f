#include "worker/host_reports.h"

#include <algorithm>

namespace kso::worker {
namespace {

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration result;
  absl::Duration rest;
  duration = std::max(duration, absl::ZeroDuration());
  result.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  result.set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(rest)));
  return result;
}

}  // namespace

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
    *report.mutable_quota_age() = ToProto(now - known.quota_at);
  }
}

}  // namespace kso::worker
