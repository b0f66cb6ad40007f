// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_FILE_FETCHER_H_
#define KSO_WORKER_FETCH_FILE_FETCHER_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "common/blob/disk_blob_store.h"
#include "common/bytes/digest.h"
#include "common/http/transport.h"
#include "common/run/clock.h"
#include "google/protobuf/repeated_field.h"
#include "kso/v1/worker.pb.h"
#include "worker/fetch/keyed_lock.h"
#include "worker/fetch/known_content.h"
#include "worker/fetch/parallel_download.h"
#include "worker/fetch/partial_file.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// A piece of content that the cache has.
struct CachedContent {
  // sha256.
  Digest digest;
  int64_t size = 0;
  // Keeps the content in the cache.
  std::shared_ptr<const void> pin = nullptr;
};

// Fetches files into the cache. Downloads that were cut resume where they
// stopped, also after a restart. Large files whose hosts give a strong ETag
// come in several ranges at a time. Fetches of the same URL at the same time
// are deduplicated. Thread safe.
class FileFetcher {
 public:
  using Mirrors = google::protobuf::RepeatedPtrField<v1::Mirror>;

  // `directory` is for partial downloads and must be on the cache's file
  // system. The pointers must outlive it.
  FileFetcher(http::Transport* transport, Clock* clock, DiskBlobStore* cache,
              const std::filesystem::path& directory,
              const ParallelOptions& parallel = {});

  // DATA_LOSS when the file is not what the source states. Errors carry item
  // and location as failure.h says.
  absl::StatusOr<CachedContent> Fetch(const v1::FileSource& source,
                                      const Mirrors& mirrors,
                                      TaskControl& control);

 private:
  absl::StatusOr<CachedContent> FetchToCache(const v1::FileSource& source,
                                             const std::string& url,
                                             bool in_pieces,
                                             TaskControl& control);
  std::optional<CachedContent> FindCached(const v1::FileSource& source,
                                          const std::string& url,
                                          const std::optional<Digest>& stated);
  absl::Status Download(const v1::FileSource& source, const std::string& url,
                        bool in_pieces, PartialFile& partial,
                        TaskControl& control);
  // Asks the host for the validators first. FAILED_PRECONDITION when they allow
  // no ranges, or belong to another file.
  absl::Status AskAndDownloadRanges(const v1::FileSource& source,
                                    const std::string& url,
                                    PartialFile& partial, TaskControl& control);
  // Ends with FAILED_PRECONDITION as DownloadInPieces does.
  absl::Status DownloadRanges(const v1::FileSource& source,
                              const std::string& url, PartialFile& partial,
                              TaskControl& control);
  absl::Status GetRange(const v1::FileSource& source, const std::string& url,
                        const http::TransferOptions& wanted,
                        const TaskControl& control, ByteSink& sink);
  absl::Status DownloadOnce(const v1::FileSource& source,
                            const std::string& url, PartialFile& partial,
                            TaskControl& control);

  http::Transport* const transport_;
  Clock* const clock_;
  DiskBlobStore* const cache_;
  const std::filesystem::path partial_directory_;
  const ParallelOptions parallel_;
  const KnownContent known_;
  KeyedLock lock_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_FILE_FETCHER_H_
