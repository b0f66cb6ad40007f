// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_HTTP_CONNECTION_TABLE_H_
#define KSO_COORDINATOR_HTTP_CONNECTION_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "coordinator/http/limits.h"

namespace kso::coordinator {

// The open connections of a server, and the decision on whether there is room
// for another one. Thread safe.
class ConnectionTable {
 public:
  class Member {
   public:
    virtual ~Member() = default;
    // Closes the connection soon. May be called from any thread, and returns at
    // once.
    virtual void CloseSoon() = 0;
  };

  explicit ConnectionTable(const HttpLimits& limits) : limits_(limits) {}

  // Takes a connection of that peer in. Where the table is full, the connection
  // is closed that has been waiting the longest, of the same peer where that
  // one has too many. Returns false when no room can be made, or after
  // CloseAll.
  bool Add(const std::shared_ptr<Member>& member, const std::string& peer);
  // Does nothing when it is not there.
  void Remove(const Member* member);

  // Says that the connection waits for its client: for a handshake, or for the
  // head of a request.
  void SetWaiting(const Member* member, bool waiting);
  // Makes a connection an endless stream. Returns false when there are too
  // many.
  bool MakeStream(const Member* member);

  // Closes all, and takes no new one in.
  void CloseAll();

  size_t size() const;

 private:
  struct Entry {
    std::weak_ptr<Member> member;
    std::string peer;
    // The place in waiting_; 0 when it does not wait.
    int64_t waiting_since = 0;
    bool stream = false;
  };
  using Entries = std::map<const Member*, Entry>;

  void Erase(Entries::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Closes the connection that has been waiting the longest, of that peer
  // unless it is empty. Returns whether there was one.
  bool CloseLongestWaiting(const std::string& peer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const HttpLimits limits_;
  mutable absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, size_t> peers_ ABSL_GUARDED_BY(mutex_);
  // Waiting connections in the order in which they began to.
  std::map<int64_t, const Member*> waiting_ ABSL_GUARDED_BY(mutex_);
  int64_t last_waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t streams_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_HTTP_CONNECTION_TABLE_H_
