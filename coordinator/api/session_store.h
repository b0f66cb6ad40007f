// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_SESSION_STORE_H_
#define KSO_COORDINATOR_API_SESSION_STORE_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/run/clock.h"

namespace kso::coordinator {

// The logins of browsers. A session stands for the token that was given at the
// login, and the token is looked at again at each request, so that a session
// ends with its token. Sessions are kept in memory only: after a restart people
// log in again. Thread safe.
class SessionStore {
 public:
  struct Session {
    std::string token;
    absl::Time expires;
  };

  // A session lasts for `lifetime`. Of more than `most` sessions, the one that
  // ends first is ended. `clock` must outlive it.
  SessionStore(Clock* clock, absl::Duration lifetime = absl::Hours(12),
               size_t most = 4096)
      : clock_(*clock), lifetime_(lifetime), most_(most) {}

  // Begins a session, and returns its id: 256 random bits, which nobody can
  // guess.
  std::string Begin(std::string token);
  // Nothing when there is no such session, or its time is over.
  std::optional<Session> Find(std::string_view id);
  void End(std::string_view id);

  absl::Duration lifetime() const { return lifetime_; }

 private:
  // Only a digest of an id is kept, so that looking one up takes no time from
  // which the id could be guessed.
  static std::string KeyOf(std::string_view id);
  void Erase(const std::string& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock& clock_;
  const absl::Duration lifetime_;
  const size_t most_;
  absl::Mutex mutex_;
  std::map<std::string, Session> sessions_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<absl::Time, std::string>> by_end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_SESSION_STORE_H_
