// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/session_store.h"

#include <openssl/rand.h>

#include <array>
#include <cstdlib>

#include "absl/strings/escaping.h"
#include "common/bytes/digest.h"

namespace kso::coordinator {
namespace {

std::string RandomId() {
  std::array<unsigned char, 32> bytes;
  // Without randomness nobody can be let in.
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    std::abort();
  }
  return absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace

std::string SessionStore::KeyOf(std::string_view id) {
  return Sha256Of(id).hex();
}

std::string SessionStore::Begin(std::string token) {
  const std::string id = RandomId();
  const std::string key = KeyOf(id);
  const absl::Time expires = clock_.Now() + lifetime_;
  absl::MutexLock lock(&mutex_);
  sessions_[key] = {std::move(token), expires};
  by_end_.emplace(expires, key);
  if (sessions_.size() > most_) {
    const std::string first = by_end_.begin()->second;
    Erase(first);
  }
  return id;
}

std::optional<SessionStore::Session> SessionStore::Find(std::string_view id) {
  const std::string key = KeyOf(id);
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mutex_);
  const auto session = sessions_.find(key);
  if (session == sessions_.end()) return std::nullopt;
  if (session->second.expires <= now) {
    Erase(key);
    return std::nullopt;
  }
  return session->second;
}

void SessionStore::End(std::string_view id) {
  const std::string key = KeyOf(id);
  absl::MutexLock lock(&mutex_);
  Erase(key);
}

void SessionStore::Erase(const std::string& key) {
  const auto session = sessions_.find(key);
  if (session == sessions_.end()) return;
  by_end_.erase({session->second.expires, key});
  sessions_.erase(session);
}

}  // namespace kso::coordinator
