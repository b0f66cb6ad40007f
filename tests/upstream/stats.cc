// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/stats.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace kso::upstream {

void Stats::CountRequest(const std::string& kind, const std::string& method,
                         int status) {
  absl::MutexLock lock(&mutex_);
  ++requests_[absl::StrCat(kind, " ", method, " ", status)];
}

void Stats::CountBytes(const std::string& kind, uint64_t bytes) {
  absl::MutexLock lock(&mutex_);
  bytes_[kind] += bytes;
}

void Stats::CountBlob(const std::string& digest) {
  absl::MutexLock lock(&mutex_);
  ++blobs_[digest];
}

std::string Stats::ToJson() const {
  absl::MutexLock lock(&mutex_);
  nlohmann::json again = nlohmann::json::array();
  for (const auto& [digest, times] : blobs_) {
    if (times > 1) again.push_back(digest);
  }
  return nlohmann::json{{"requests", requests_},
                        {"bytes", bytes_},
                        {"blobs", blobs_.size()},
                        {"blobs_sent_again", again}}
      .dump(2);
}

}  // namespace kso::upstream
