#include "coordinator/assemble/closure.h"

#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/base/executor.h"
#include "common/base/status_macros.h"
#include "common/oci/destination.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"

namespace kso::coordinator {
namespace {

// Collects the answers of several threads.
class Answers {
 public:
  void Add(const absl::StatusOr<bool>& there, const std::string& digest) {
    absl::MutexLock lock(&mutex_);
    status_.Update(there.status());
    if (there.ok() && !*there) missing_.insert(digest);
  }

  absl::StatusOr<std::vector<std::string>> Missing() {
    absl::MutexLock lock(&mutex_);
    KSO_RETURN_IF_ERROR(status_);
    return std::vector<std::string>(missing_.begin(), missing_.end());
  }

 private:
  absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> missing_ ABSL_GUARDED_BY(mutex_);
};

// The manifest, or nothing when it is not there.
absl::StatusOr<v1::Document> ReadManifest(oci::ImageStore& store,
                                          const std::string& repository,
                                          const std::string& digest,
                                          std::vector<std::string>& missing) {
  absl::StatusOr<v1::Document> document = store.GetManifest(repository, digest);
  if (!absl::IsNotFound(document.status())) return document;
  missing.push_back(digest);
  return v1::Document();
}

}  // namespace

absl::StatusOr<std::vector<BlobPlace>> LayersOf(
    const Assembly& assembly, const v1::Destination& destination) {
  std::set<BlobPlace> places;
  for (const DocumentPush& push : assembly.pushes) {
    const std::string& type = push.document.content_descriptor().media_type();
    if (push.is_config || !oci::IsManifestType(type)) continue;
    KSO_ASSIGN_OR_RETURN(const oci::Manifest manifest,
                         oci::ParseManifest(push.document.content(), type));
    for (const v1::Descriptor& layer : manifest.layers) {
      KSO_ASSIGN_OR_RETURN(Digest digest, Digest::Parse(layer.digest()));
      places.insert({oci::DestinationRepository(destination, push.image),
                     std::move(digest)});
    }
  }
  return std::vector<BlobPlace>(places.begin(), places.end());
}

absl::StatusOr<std::vector<std::string>> FindMissing(
    oci::ImageStore& store, const std::vector<BlobPlace>& blobs, int at_once) {
  Answers answers;
  const auto ask = [&store, &answers](const BlobPlace& blob) {
    answers.Add(store.HasBlob(blob.repository, blob.digest),
                blob.digest.ToString());
  };
  if (at_once <= 1) {
    for (const BlobPlace& blob : blobs) ask(blob);
    return answers.Missing();
  }
  {
    // Its destructor waits for all answers.
    Executor executor(at_once);
    for (const BlobPlace& blob : blobs) {
      executor.Schedule([&ask, &blob] { ask(blob); });
    }
  }
  return answers.Missing();
}

absl::StatusOr<std::vector<std::string>> FindMissingOfIndex(
    oci::ImageStore& store, const std::string& repository,
    const std::string& index_digest, int at_once) {
  std::vector<std::string> missing;
  KSO_ASSIGN_OR_RETURN(const v1::Document top,
                       ReadManifest(store, repository, index_digest, missing));
  if (!missing.empty()) return missing;
  KSO_ASSIGN_OR_RETURN(
      const oci::Index index,
      oci::ParseIndex(top.content(), top.content_descriptor().media_type()));
  std::set<BlobPlace> blobs;
  for (const v1::Descriptor& child : index.manifests) {
    const size_t missing_before = missing.size();
    KSO_ASSIGN_OR_RETURN(
        const v1::Document document,
        ReadManifest(store, repository, child.digest(), missing));
    if (missing.size() > missing_before) continue;
    KSO_ASSIGN_OR_RETURN(
        oci::Manifest manifest,
        oci::ParseManifest(document.content(),
                           document.content_descriptor().media_type()));
    manifest.layers.push_back(manifest.config);
    for (const v1::Descriptor& blob : manifest.layers) {
      KSO_ASSIGN_OR_RETURN(Digest digest, Digest::Parse(blob.digest()));
      blobs.insert({repository, std::move(digest)});
    }
  }
  KSO_ASSIGN_OR_RETURN(
      const std::vector<std::string> gone,
      FindMissing(store, {blobs.begin(), blobs.end()}, at_once));
  missing.insert(missing.end(), gone.begin(), gone.end());
  return missing;
}

}  // namespace kso::coordinator
