// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_TOKEN_STORE_H_
#define KSO_COORDINATOR_ACCESS_TOKEN_STORE_H_

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/access/role.h"
#include "common/run/clock.h"
#include "common/run/executor.h"
#include "coordinator/access/bearer_source.h"
#include "coordinator/store/sqlite_database.h"
#include "kso/v1/access.pb.h"
#include "kso/v1/access_disk.pb.h"

namespace kso::coordinator {

// The tokens of `ksoctl tokens`, in the file access.sqlite of the state
// directory (mode 0600):
//
//   tokens(id TEXT PRIMARY KEY, record BLOB)      a StoredToken each
//
// A token's text is "kso_ID_SECRET": 16 hex digits that name it, and 64 that
// are 256 random bits. The file has the SHA-256 of the whole text, so who reads
// it cannot act with it. Identify and the like are quick; the methods that
// change tokens wait for the disk and belong on a thread that may. Thread safe.
class TokenStore : public BearerSource {
 public:
  static constexpr char kFile[] = "access.sqlite";
  // The most tokens that are kept. Of those that were revoked or have expired,
  // the oldest makes room for a new one.
  static constexpr int kMostTokens = 10'000;
  static constexpr absl::Duration kLongestLife = absl::Hours(24 * 3650);

  // `directory` is there. `clock` must outlive the store. PERMISSION_DENIED,
  // DATA_LOSS.
  static absl::StatusOr<std::unique_ptr<TokenStore>> Open(
      const std::filesystem::path& directory, Clock* clock,
      int most_tokens = kMostTokens);
  // Writes down when tokens were last used.
  ~TokenStore() override;

  struct Order {
    std::string name;
    access::RoleSet roles;
    // Infinite: it does not expire.
    absl::Duration life = absl::InfiniteDuration();
    std::string created_by;
  };
  // INVALID_ARGUMENT for a bad name, no role, or a life that is not positive or
  // too long; RESOURCE_EXHAUSTED when there are as many as are kept, all of
  // which are good.
  absl::StatusOr<v1::CreateTokenResponse> Create(const Order& order);

  // By time of creation.
  std::vector<v1::TokenInfo> List() const;

  // NOT_FOUND; no error when it was revoked before.
  absl::StatusOr<v1::TokenInfo> Revoke(const std::string& id);

  // Returns whether there ever was a token: a farm whose last token is revoked
  // does not open again.
  bool configured() const override;
  bool Recognizes(std::string_view bearer) const override;
  absl::StatusOr<Principal> Identify(std::string_view bearer) const override;

 private:
  struct Entry {
    explicit Entry(v1::StoredToken stored);

    v1::StoredToken token;
    // Read from `token` once, for Identify.
    access::RoleSet roles;
    absl::Time expires;
    // Seconds since 1970; 0 when it was not used.
    std::atomic<int64_t> last_used;
    // The time of it that is in the file.
    std::atomic<int64_t> written_last_used;
  };

  TokenStore(std::unique_ptr<SqliteDatabase> database, Clock* clock,
             int most_tokens)
      : clock_(clock),
        most_tokens_(static_cast<size_t>(most_tokens)),
        database_(std::move(database)) {}

  absl::Status Load();
  absl::Status Write(const v1::StoredToken& token) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_);
  // Sees that there is room for one more token.
  absl::Status MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_);
  // The id of the oldest token that is of no use any more; empty: there is
  // none.
  std::string OldestEnded() const;
  void NoteUse(const std::shared_ptr<Entry>& entry) const;
  void WriteUse(Entry& entry) const;
  static v1::TokenInfo InfoOf(const Entry& entry);
  std::shared_ptr<Entry> Find(std::string_view id) const;

  Clock* const clock_;
  const size_t most_tokens_;
  // Taken before `mutex_` where both are.
  mutable absl::Mutex file_mutex_;
  const std::unique_ptr<SqliteDatabase> database_
      ABSL_PT_GUARDED_BY(file_mutex_);
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<Entry>> tokens_
      ABSL_GUARDED_BY(mutex_);
  // Writes down uses. It is the last member, so that its thread ends first.
  mutable Executor writer_{1};
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_TOKEN_STORE_H_
