// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BLOB_BLOB_USAGE_H_
#define KSO_COMMON_BLOB_BLOB_USAGE_H_

#include <cstdint>
#include <functional>
#include <list>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "common/bytes/digest.h"

namespace kso {

// The blobs of a bounded store, in the order of their last use, and the pins
// that keep some of them. Knows nothing of files. May be used from any thread.
class BlobUsage {
 public:
  // The blob is there, with so many bytes, and was used just now.
  void Add(const Digest& digest, int64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  // It was used just now; does nothing when it is not there.
  void Touch(const Digest& digest) ABSL_LOCKS_EXCLUDED(mutex_);
  // It is not there any more.
  void Forget(const Digest& digest) ABSL_LOCKS_EXCLUDED(mutex_);

  // Between these two, which are counted, the blob stays; it may come after it
  // was pinned.
  void Pin(const Digest& digest) ABSL_LOCKS_EXCLUDED(mutex_);
  void Unpin(const Digest& digest) ABSL_LOCKS_EXCLUDED(mutex_);

  // Forgets the least recently used blob that is not pinned, once `remove` has
  // removed it; nobody can pin it in between. Returns its bytes; nothing when
  // all that is left is pinned.
  // Nothing, too, when `may_go`, where it is given, does not let that one go.
  std::optional<int64_t> EvictOne(
      const std::function<void(const Digest&)>& remove,
      const std::function<bool(const Digest&)>& may_go = nullptr)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Of all blobs together.
  int64_t bytes() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // The last used is at the end.
  using Order = std::list<Digest>;
  struct Entry {
    int64_t bytes = 0;
    Order::iterator position;
  };

  void Drop(const Digest& digest) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  Order order_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Digest, Entry> blobs_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Digest, int> pins_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso

#endif  // KSO_COMMON_BLOB_BLOB_USAGE_H_
