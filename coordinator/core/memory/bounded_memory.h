// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_MEMORY_BOUNDED_MEMORY_H_
#define KSO_COORDINATOR_CORE_MEMORY_BOUNDED_MEMORY_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kso::coordinator {

// A least-recently-used cache of messages by key, bounded in bytes. It does not
// evict by itself: Excess says which entries are too many, and the caller
// removes them, since that has to be in the journal. Not thread safe.
template <typename Message>
class BoundedMemory {
 public:
  // The limit counts bytes in memory, protobuf's own overhead included.
  explicit BoundedMemory(size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // Adds a message as the most recently used one, in place of the one that has
  // the key.
  void Put(const std::string& key, const Message& message) {
    Remove(key);
    Entry& entry = entries_[key];
    entry.message = message;
    entry.bytes = entry.message.SpaceUsedLong() + key.size();
    entry.used = ++clock_;
    bytes_ += entry.bytes;
    order_.emplace(entry.used, key);
  }

  // Makes the entry the most recently used one, if there is one.
  void Touch(std::string_view key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    order_.erase(found->second.used);
    found->second.used = ++clock_;
    order_.emplace(clock_, found->first);
  }

  void Remove(std::string_view key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    bytes_ -= found->second.bytes;
    order_.erase(found->second.used);
    entries_.erase(found);
  }

  // Returns null when there is none.
  const Message* Find(std::string_view key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second.message;
  }

  // Calls `visit` with each key and message, in the order of the keys.
  template <typename Visit>
  void ForEachKey(Visit visit) const {
    for (const auto& [key, entry] : entries_) visit(key, entry.message);
  }

  // Calls `visit` with each message, in no order that matters.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& [key, entry] : entries_) visit(entry.message);
  }

  // The keys of the least recently used entries, as many as have to go to keep
  // within the limit. The most recent one stays, however large.
  std::vector<std::string> Excess() const {
    std::vector<std::string> keys;
    size_t bytes = bytes_;
    for (const auto& [used, key] : order_) {
      if (bytes <= limit_bytes_ || used == order_.rbegin()->first) break;
      bytes -= entries_.find(key)->second.bytes;
      keys.push_back(key);
    }
    return keys;
  }

 private:
  struct Entry {
    Message message;
    size_t bytes = 0;
    int64_t used = 0;
  };

  size_t limit_bytes_;
  size_t bytes_ = 0;
  int64_t clock_ = 0;
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<int64_t, std::string> order_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_MEMORY_BOUNDED_MEMORY_H_
