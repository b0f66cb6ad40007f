// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_BLOB_FETCHER_H_
#define KSO_WORKER_FETCH_BLOB_FETCHER_H_

#include <filesystem>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/blob/disk_blob_store.h"
#include "common/run/clock.h"
#include "google/protobuf/repeated_field.h"
#include "kso/v1/worker.pb.h"
#include "worker/fetch/file_fetcher.h"
#include "worker/fetch/keyed_lock.h"
#include "worker/fetch/parallel_download.h"
#include "worker/fetch/partial_file.h"
#include "worker/task/image_stores.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// Fetches blobs of upstream registries into the cache. Downloads that were cut
// resume where they stopped, also after a restart. Large blobs come in several
// ranges at a time. Fetches of the same blob at the same time are deduplicated,
// whichever repositories it is asked from. Thread safe.
class BlobFetcher {
 public:
  using Mirrors = google::protobuf::RepeatedPtrField<v1::Mirror>;

  // `directory` is for partial downloads and must be on the cache's file
  // system. The pointers must outlive it.
  BlobFetcher(ImageStores* stores, Clock* clock, DiskBlobStore* cache,
              const std::filesystem::path& directory,
              const ParallelOptions& parallel = {});

  // Errors carry the blob's repository and digest as the item.
  absl::StatusOr<CachedContent> Fetch(const v1::BlobSource& source,
                                      const Mirrors& mirrors,
                                      TaskControl& control);

 private:
  absl::StatusOr<CachedContent> FetchToCache(const v1::BlobSource& source,
                                             const Mirrors& mirrors,
                                             bool in_pieces,
                                             TaskControl& control);
  absl::Status Download(oci::ImageStore& registry,
                        const std::string& repository,
                        const v1::Descriptor& blob, bool in_pieces,
                        PartialFile& partial, TaskControl& control);

  ImageStores* const stores_;
  Clock* const clock_;
  DiskBlobStore* const cache_;
  const std::filesystem::path partial_directory_;
  const ParallelOptions parallel_;
  KeyedLock lock_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_BLOB_FETCHER_H_
