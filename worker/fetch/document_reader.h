// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_DOCUMENT_READER_H_
#define KSO_WORKER_FETCH_DOCUMENT_READER_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/blob/blob_store.h"
#include "common/bytes/digest.h"
#include "common/oci/image_store.h"
#include "common/oci/referrers.h"
#include "kso/v1/types.pb.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// Reads the documents of one upstream repository through the cache: only what
// the cache does not have is fetched, and put there. All bytes are verified.
// Not thread safe; the pointers must outlive it.
class DocumentReader {
 public:
  DocumentReader(oci::ImageStore* registry, std::string repository,
                 BlobStore* cache, TaskControl* control)
      : registry_(registry),
        repository_(std::move(repository)),
        cache_(cache),
        control_(control) {}

  // The document that a tag or digest names. Nothing when its digest is
  // `known`, which is found out without a GET.
  absl::StatusOr<std::optional<v1::Document>> Top(
      std::string_view tag_or_digest, std::string_view known);
  // A manifest that an index lists.
  absl::StatusOr<v1::Document> Manifest(const v1::Descriptor& descriptor);
  // A config: at most 4 MiB.
  absl::StatusOr<v1::Document> Blob(const v1::Descriptor& descriptor);

  // The registry's own list of what refers to the image `digest`; none where it
  // keeps no such list, or keeps it from this caller.
  absl::StatusOr<std::vector<oci::Referrer>> Referrers(
      const std::string& digest);

  // The number of GETs of manifests so far.
  int manifest_gets() const { return manifest_gets_; }

 private:
  absl::StatusOr<std::string> ReadCached(const Digest& digest);
  absl::StatusOr<v1::Document> GetManifest(std::string_view tag_or_digest);

  oci::ImageStore* const registry_;
  const std::string repository_;
  BlobStore* const cache_;
  TaskControl* const control_;
  int manifest_gets_ = 0;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_DOCUMENT_READER_H_
