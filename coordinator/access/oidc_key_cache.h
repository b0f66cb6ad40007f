// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_OIDC_KEY_CACHE_H_
#define KSO_COORDINATOR_ACCESS_OIDC_KEY_CACHE_H_

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/run/clock.h"
#include "coordinator/access/oidc_keys.h"

namespace kso::coordinator {

// Keeps the keys of an issuer in memory. They are fetched again when they are
// an hour old and when a token names a key that is not among them, as after the
// issuer changed its keys; but never sooner than 30 s after the last attempt,
// so that strangers with invented key ids cost the issuer nothing. Keys that
// could not be fetched again for a day are of no use any more. Thread safe.
class OidcKeyCache : public OidcKeySource {
 public:
  // Brings the JWK set; blocks.
  using Fetch = std::function<absl::StatusOr<std::string>()>;
  // Runs a function on another thread, soon.
  using Schedule = std::function<void(absl::AnyInvocable<void()>)>;

  static constexpr absl::Duration kRefreshAfter = absl::Hours(1);
  static constexpr absl::Duration kShortestInterval = absl::Seconds(30);
  static constexpr absl::Duration kLongestAge = absl::Hours(24);

  // `clock` must outlive it, and it must outlive what it schedules. `where` is
  // for the log.
  OidcKeyCache(std::string where, Fetch fetch, Schedule schedule,
               const Clock* clock)
      : where_(std::move(where)),
        fetch_(std::move(fetch)),
        schedule_(std::move(schedule)),
        clock_(clock) {}

  absl::StatusOr<pki::JwsKey> Find(std::string_view key_id) override;

  // Fetches the keys now. After an error those from before stay.
  absl::Status Refresh();

 private:
  // Decides under the mutex whether to fetch, and notes the attempt.
  bool BeginAttempt(bool unknown_key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string where_;
  const Fetch fetch_;
  const Schedule schedule_;
  const Clock* const clock_;
  absl::Mutex mutex_;
  OidcKeySet keys_ ABSL_GUARDED_BY(mutex_);
  absl::Time fetched_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time attempted_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_OIDC_KEY_CACHE_H_
