// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_TEXT_SECRETS_H_
#define KSO_COMMON_TEXT_SECRETS_H_

#include <set>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace kso {

// The secrets that were sent to a host, or to a registry and its token service,
// to keep them out of messages: who gets one may echo it. Thread safe. Never
// logged.
class Secrets {
 public:
  // An Authorization header: "Basic ..." with user name and password in base64,
  // "Bearer ..." with a token. What is told apart from it is secret too: the
  // payload, its parts, and the parts of a JSON Web Token (RFC 7519).
  void AddHeader(std::string_view authorization);
  // Any of them may be empty.
  void AddLogin(std::string_view name, std::string_view password,
                std::string_view token);

  // Returns what the host says, with "***" in place of each secret and of
  // the user names of the logins.
  std::string Redact(std::string_view text) const;
  // The same with the names left in it, which may be words of a protocol.
  std::string RedactAllButNames(std::string_view text) const;
  // Returns the same error with "***" in place of each secret in its message;
  // the notes stay. User names stay too: they are often those of repositories.
  absl::Status Redact(const absl::Status& status) const;

 private:
  void Add(std::string_view secret) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddName(std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  struct LongestFirst {
    bool operator()(const std::string& left, const std::string& right) const {
      return left.size() != right.size() ? left.size() > right.size()
                                         : left < right;
    }
  };

  mutable absl::Mutex mutex_;
  std::set<std::string, LongestFirst> secrets_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string, LongestFirst> names_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso

#endif  // KSO_COMMON_TEXT_SECRETS_H_
