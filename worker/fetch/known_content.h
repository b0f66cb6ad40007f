// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_KNOWN_CONTENT_H_
#define KSO_WORKER_FETCH_KNOWN_CONTENT_H_

#include <filesystem>
#include <optional>
#include <string_view>

#include "common/blob/blob_store.h"
#include "common/bytes/digest.h"

namespace kso::worker {

// Remembers the sha256 under which the cache has content that is asked for by
// another name: a sha512, or a URL with its validators. It is only a hint:
// content that is lost is fetched again, and the cache verifies what it hands
// out. One small file for each name, in a directory of its own. Thread safe.
class KnownContent {
 public:
  explicit KnownContent(std::filesystem::path directory);

  std::optional<Digest> Find(std::string_view name) const;
  void Remember(std::string_view name, const Digest& digest) const;
  // Forgets the content that `blobs` does not have any more, or not yet.
  void ForgetAllBut(BlobStore& blobs) const;

 private:
  static std::optional<Digest> Read(const std::filesystem::path& path);
  std::filesystem::path PathOf(std::string_view name) const;

  const std::filesystem::path directory_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_KNOWN_CONTENT_H_
