// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/closure.h"

#include <functional>
#include <set>
#include <string_view>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "common/oci/destination.h"
#include "common/oci/image_closure.h"
#include "common/oci/login/access.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "common/run/run_all.h"

namespace kso::coordinator {

absl::StatusOr<std::vector<BlobPlace>> LayersOf(
    const Assembly& assembly, const v1::Destination& destination) {
  std::set<std::string_view> own;
  for (const DocumentPush& push : assembly.pushes) {
    if (push.is_blob) own.insert(push.document.content_descriptor().digest());
  }
  std::set<BlobPlace> places;
  for (const DocumentPush& push : assembly.pushes) {
    const std::string& type = push.document.content_descriptor().media_type();
    if (push.is_blob || !oci::IsManifestType(type)) continue;
    KSO_ASSIGN_OR_RETURN(const oci::Manifest manifest,
                         oci::ParseManifest(push.document.content(), type));
    for (const v1::Descriptor& layer : manifest.layers) {
      if (own.contains(layer.digest())) continue;
      KSO_ASSIGN_OR_RETURN(Digest digest, Digest::Parse(layer.digest()));
      places.insert({oci::DestinationRepository(destination, push.image),
                     std::move(digest)});
    }
  }
  return std::vector<BlobPlace>(places.begin(), places.end());
}

absl::StatusOr<std::vector<std::string>> FindMissing(
    oci::ImageStore& store, const std::vector<BlobPlace>& blobs, int at_once) {
  absl::Mutex mutex;
  std::set<std::string> missing;
  std::vector<std::function<absl::Status()>> jobs;
  for (const BlobPlace& blob : blobs) {
    jobs.push_back([&store, &mutex, &missing, &blob]() -> absl::Status {
      KSO_ASSIGN_OR_RETURN(const bool there,
                           oci::HasBlobOr(store, blob.repository, blob.digest,
                                          /*when_denied=*/true));
      absl::MutexLock lock(&mutex);
      if (!there) missing.insert(blob.digest.ToString());
      return absl::OkStatus();
    });
  }
  KSO_RETURN_IF_ERROR(RunAll(at_once, jobs));
  return std::vector<std::string>(missing.begin(), missing.end());
}

absl::StatusOr<std::vector<std::string>> FindMissingOfIndex(
    oci::ImageStore& store, const std::string& repository,
    const std::string& index_digest, int at_once) {
  std::vector<std::string> missing;
  std::vector<std::string> documents = {index_digest};
  std::set<BlobPlace> blobs;
  for (size_t i = 0; i < documents.size(); ++i) {
    const std::string digest = documents[i];
    const absl::StatusOr<v1::Document> document =
        store.GetManifest(repository, digest);
    if (absl::IsNotFound(document.status())) {
      missing.push_back(digest);
      continue;
    }
    KSO_RETURN_IF_ERROR(document.status());
    const std::string& type = document->content_descriptor().media_type();
    KSO_ASSIGN_OR_RETURN(const std::vector<v1::Descriptor> children,
                         oci::ChildrenOf(document->content(), type));
    for (const v1::Descriptor& child : children) {
      if (oci::IsIndexType(type)) {
        documents.push_back(child.digest());
        continue;
      }
      KSO_ASSIGN_OR_RETURN(Digest blob, Digest::Parse(child.digest()));
      blobs.insert({repository, std::move(blob)});
    }
  }
  KSO_ASSIGN_OR_RETURN(
      const std::vector<std::string> gone,
      FindMissing(store, {blobs.begin(), blobs.end()}, at_once));
  missing.insert(missing.end(), gone.begin(), gone.end());
  return missing;
}

}  // namespace kso::coordinator
