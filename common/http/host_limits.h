// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_HOST_LIMITS_H_
#define KSO_COMMON_HTTP_HOST_LIMITS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/http/adaptive_limit.h"
#include "common/http/quota.h"
#include "common/http/transport.h"
#include "common/run/clock.h"
#include "common/run/retry.h"

namespace kso::http {

// The bounds that host limits keep to.
struct HostLimitOptions {
  // How many transfers with one host may be in flight (AIMD).
  AdaptiveLimitOptions host;
  // How many may be in flight with all hosts together.
  int most_in_all = 64;
  // A transfer that has waited this long for its turn begins all the same: if
  // it feeds another one, the two must not wait for each other for ever.
  absl::Duration longest_wait = absl::Seconds(60);
  // A Retry-After up to this is waited out by the host's next transfers. During
  // a longer one they are sent, so that their callers hear of it.
  absl::Duration longest_pause = kLongestRetryAfterInCall;
};

// The limits that a host's answers have told of.
struct HostReport {
  std::string host;
  // The number of answers 429 so far.
  int64_t refusals = 0;
  // The end of its last Retry-After; the infinite past when it has sent none.
  absl::Time paused_until = absl::InfinitePast();
  std::optional<Quota> quota;
  absl::Time quota_at;
};

// Keeps each host's transfers in flight within what it bears, and remembers
// what hosts say of their limits. A host is "HOST[:PORT]" as in the URL that
// was asked for; a transfer that is redirected counts there. Thread safe.
class HostLimits {
 public:
  // `clock` must outlive it.
  explicit HostLimits(Clock* clock, const HostLimitOptions& options = {})
      : clock_(clock), options_(options) {}

  // Waits for a turn and takes it; CANCELLED when a stop was requested first.
  // Each OK needs a Leave. Returns when the transfer began.
  absl::StatusOr<absl::Time> Enter(const std::string& host,
                                   const std::stop_token& stop);
  void Leave(const std::string& host, absl::Time begun,
             const absl::StatusOr<Response>& answer);

  // A place that is free for as long as nobody else wants it.
  struct SparePlace {
    absl::Time begun;
    // A stop is requested once somebody wants the place: the transfer ends and
    // leaves. That happens under a lock, so callbacks must not call HostLimits.
    std::stop_source give_way;
  };
  // Returns nothing when no place is free, other transfers wait, or the host is
  // to be left alone. Each place needs a LeaveSpare.
  std::optional<SparePlace> TakeSpare(const std::string& host);
  void LeaveSpare(const std::string& host, const SparePlace& place,
                  const absl::StatusOr<Response>& answer);

  // The number of transfers that may be in flight with the host now.
  int LimitOf(const std::string& host) const;
  // The reports of all hosts that have said something, by host.
  std::vector<HostReport> Reports() const;

 private:
  struct Host {
    explicit Host(const AdaptiveLimitOptions& options) : limit(options) {}

    AdaptiveLimit limit;
    int under_way = 0;
    // Transfers that wait for room.
    int waiting = 0;
    // The spare places that nobody has asked to give way, the oldest first, and
    // the number of those that were asked and are not left yet.
    std::vector<std::stop_source> spares;
    int giving_way = 0;
    HostReport report;
  };

  Host& Find(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasRoom(const Host& host) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  // Asks as many spare places to give way as there are transfers that wait for
  // them. To be called whenever that may have changed.
  void AskToGiveWay() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Asks the host's newest spare place, which has the least to lose; false when
  // there is none left to ask.
  bool AskOneToGiveWay(Host& host) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Learn(Host& host, absl::Time begun,
             const absl::StatusOr<Response>& answer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock* const clock_;
  const HostLimitOptions options_;
  mutable absl::Mutex mutex_;
  std::map<std::string, Host> hosts_ ABSL_GUARDED_BY(mutex_);
  int under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  int giving_way_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Decorates `next` so that its transfers keep to `limits`, which must outlive
// it and may be shared. Spare requests take spare places.
std::unique_ptr<Transport> WithHostLimits(std::unique_ptr<Transport> next,
                                          HostLimits* limits);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_HOST_LIMITS_H_
