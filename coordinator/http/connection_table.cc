// SPDX-License-Identifier: Apache-2.0
#include "coordinator/http/connection_table.h"

namespace kso::coordinator {

bool ConnectionTable::Add(const std::shared_ptr<Member>& member,
                          const std::string& peer) {
  absl::MutexLock lock(&mutex_);
  if (closed_) return false;
  const auto known = peers_.find(peer);
  if (known != peers_.end() &&
      known->second >= limits_.most_connections_of_peer &&
      !CloseLongestWaiting(peer)) {
    return false;
  }
  if (entries_.size() >= limits_.most_connections && !CloseLongestWaiting("")) {
    return false;
  }
  ++peers_[peer];
  Entry& entry = entries_[member.get()];
  entry.member = member;
  entry.peer = peer;
  entry.waiting_since = ++last_waiting_;
  waiting_[entry.waiting_since] = member.get();
  return true;
}

bool ConnectionTable::CloseLongestWaiting(const std::string& peer) {
  for (const auto& [since, member] : waiting_) {
    const auto entry = entries_.find(member);
    if (!peer.empty() && entry->second.peer != peer) continue;
    if (const auto alive = entry->second.member.lock()) alive->CloseSoon();
    Erase(entry);
    return true;
  }
  return false;
}

void ConnectionTable::Erase(Entries::iterator entry) {
  const auto peer = peers_.find(entry->second.peer);
  if (--peer->second == 0) peers_.erase(peer);
  waiting_.erase(entry->second.waiting_since);
  if (entry->second.stream) --streams_;
  entries_.erase(entry);
}

void ConnectionTable::Remove(const Member* member) {
  absl::MutexLock lock(&mutex_);
  const auto entry = entries_.find(member);
  if (entry != entries_.end()) Erase(entry);
}

void ConnectionTable::SetWaiting(const Member* member, bool waiting) {
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(member);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  if (waiting == (entry.waiting_since != 0)) return;
  if (waiting) {
    entry.waiting_since = ++last_waiting_;
    waiting_[entry.waiting_since] = member;
  } else {
    waiting_.erase(entry.waiting_since);
    entry.waiting_since = 0;
  }
}

bool ConnectionTable::MakeStream(const Member* member) {
  absl::MutexLock lock(&mutex_);
  const auto entry = entries_.find(member);
  if (entry == entries_.end() || streams_ >= limits_.most_streams) return false;
  entry->second.stream = true;
  ++streams_;
  return true;
}

void ConnectionTable::CloseAll() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
  for (const auto& [key, entry] : entries_) {
    if (const auto alive = entry.member.lock()) alive->CloseSoon();
  }
}

size_t ConnectionTable::size() const {
  absl::MutexLock lock(&mutex_);
  return entries_.size();
}

}  // namespace kso::coordinator
