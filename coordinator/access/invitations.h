// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_INVITATIONS_H_
#define KSO_COORDINATOR_ACCESS_INVITATIONS_H_

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/run/clock.h"

namespace kso::coordinator {

// The one-time tokens with which workers may join. They are kept as hashes in a
// file of the state directory, so that an invitation outlives a restart and a
// used one stays used. Thread safe; calls wait for the disk.
class Invitations {
 public:
  static constexpr char kFile[] = "invitations.json";
  static constexpr absl::Duration kUsualLife = absl::Hours(1);
  static constexpr absl::Duration kLongestLife = absl::Hours(24 * 7);
  // Of those that have not expired.
  static constexpr size_t kMost = 10'000;

  struct Invitation {
    // The secret: it is returned once, and not kept.
    std::string token;
    absl::Time expires;
  };

  // `directory` is there, and `clock` must outlive it.
  static absl::StatusOr<std::unique_ptr<Invitations>> Open(
      const std::filesystem::path& directory, const Clock* clock);

  // INVALID_ARGUMENT for a bad name or life, RESOURCE_EXHAUSTED when there are
  // kMost already.
  absl::StatusOr<Invitation> Invite(std::string_view name, absl::Duration life);

  // Uses a token up for the worker `name` and its public key, of which `key` is
  // a fingerprint. It is used up durably when this returns OK. Once used, it is
  // good for the same name and key only. UNAUTHENTICATED, with words that are
  // the same for every token that is of no use; INVALID_ARGUMENT for a good
  // token with the name of another worker, which uses nothing up.
  absl::Status Redeem(std::string_view token, std::string_view name,
                      std::string_view key);

 private:
  struct Entry {
    std::string name;
    absl::Time expires;
    // The fingerprint of the key for which it was used; empty: it was not.
    std::string used_for;
  };
  // By the hash of the token.
  using Entries = std::map<std::string, Entry, std::less<>>;

  Invitations(std::filesystem::path file, const Clock* clock, Entries entries)
      : file_(std::move(file)), clock_(clock), entries_(std::move(entries)) {}

  static absl::StatusOr<Entries> Parse(std::string_view content);
  absl::Status Write(const Entries& entries) const;
  // Those that have not expired.
  Entries Current() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::filesystem::path file_;
  const Clock* const clock_;
  mutable absl::Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_INVITATIONS_H_
