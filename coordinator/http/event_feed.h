// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_HTTP_EVENT_FEED_H_
#define KSO_COORDINATOR_HTTP_EVENT_FEED_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace kso::coordinator {

// Server-sent events (HTML Living Standard, section 9.2) for any number of
// readers. An event is put into bytes once, and all readers share them.
// Each has an id, and the newest events are kept, so that a reader that was cut
// off comes back with the id of the last one that it saw and misses nothing.
// Thread safe.
class EventFeed {
 public:
  using Bytes = std::shared_ptr<const std::string>;

  class Reader {
   public:
    virtual ~Reader() = default;
    // Takes the next bytes of the stream. Called with the feed's lock held, so
    // it must return at once and must not call the feed.
    virtual void Offer(Bytes bytes) = 0;
  };

  // `epoch` begins the ids; it is another for each run of the program, so that
  // the ids of an earlier run are not taken for those of this one. It is of
  // [A-Za-z0-9]. The newest `kept` events are kept.
  explicit EventFeed(std::string epoch, size_t kept = 256);

  // Sends an event to all readers. `name` is of [a-z]; `data` is one line.
  void Publish(std::string_view name, std::string_view data);

  // Adds a reader, whose first event is `hello`. Those events follow that it
  // has missed since `last_id`, or the event `reset` when they are not known.
  // The reader is forgotten when it is destroyed.
  void Subscribe(const std::shared_ptr<Reader>& reader,
                 std::string_view last_id);

  // Gives the data of the event `hello` from now on; one line.
  void SetHello(std::string data);

  size_t reader_count() const;

 private:
  struct Event {
    int64_t number = 0;
    Bytes bytes;
  };

  Bytes Format(std::string_view name, std::string_view data) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The number of the event with this id; -1 for an id of another run, or none.
  int64_t NumberOf(std::string_view id) const;

  const std::string epoch_;
  const size_t kept_;
  mutable absl::Mutex mutex_;
  int64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string hello_ ABSL_GUARDED_BY(mutex_) = "{}";
  std::deque<Event> events_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<Reader>> readers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_HTTP_EVENT_FEED_H_
