// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_MEMORY_REGISTRY_H_
#define KSO_TESTS_FAKES_MEMORY_REGISTRY_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/image_closure.h"
#include "common/oci/image_store.h"
#include "common/oci/referrers.h"
#include "tests/fakes/subject_of.h"

namespace kso::testing {

// A registry in memory, as strict as Distribution: repositories share no blobs
// unless mounted, and a manifest is refused before its children are there.
// Thread safe.
class MemoryRegistry : public oci::ImageStore {
 public:
  absl::StatusOr<bool> HasBlob(std::string_view repository,
                               const Digest& digest) override {
    absl::MutexLock lock(&mutex_);
    return blobs_[std::string(repository)].contains(digest);
  }

  absl::StatusOr<int64_t> PutBlob(std::string_view repository,
                                  const v1::Descriptor& blob,
                                  const OpenSource& open) override {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
    KSO_ASSIGN_OR_RETURN(const bool there, HasBlob(repository, digest));
    if (there) return 0;
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source, open(0));
    KSO_ASSIGN_OR_RETURN(std::string bytes, ReadAll(*source, 1 << 30));
    if (Sha256Of(bytes) != digest) return absl::DataLossError("wrong bytes");
    absl::MutexLock lock(&mutex_);
    blobs_[std::string(repository)][digest] = std::move(bytes);
    ++put_;
    return blob.size();
  }

  absl::StatusOr<bool> MountBlob(std::string_view repository,
                                 const Digest& digest,
                                 std::string_view from) override {
    absl::MutexLock lock(&mutex_);
    const auto& other = blobs_[std::string(from)];
    const auto found = other.find(digest);
    if (found == other.end()) return false;
    blobs_[std::string(repository)][digest] = found->second;
    return true;
  }

  absl::Status GetBlob(std::string_view repository, const v1::Descriptor& blob,
                       ByteSink& sink, int64_t offset) override {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
    std::string bytes;
    {
      absl::MutexLock lock(&mutex_);
      const auto& all = blobs_[std::string(repository)];
      const auto found = all.find(digest);
      if (found == all.end()) return absl::NotFoundError(blob.digest());
      bytes = found->second;
      bytes_read_ += static_cast<int64_t>(bytes.size()) - offset;
    }
    return sink.Write(std::string_view(bytes).substr(offset));
  }

  absl::StatusOr<v1::Descriptor> HeadManifest(
      std::string_view repository, std::string_view reference) override {
    KSO_ASSIGN_OR_RETURN(const v1::Document document,
                         GetManifest(repository, reference));
    return document.content_descriptor();
  }

  absl::StatusOr<v1::Document> GetManifest(
      std::string_view repository, std::string_view reference) override {
    absl::MutexLock lock(&mutex_);
    const auto found =
        manifests_.find({std::string(repository), std::string(reference)});
    if (found == manifests_.end()) {
      return absl::NotFoundError(Concat("no ", reference, " in ", repository));
    }
    return found->second;
  }

  absl::Status PutManifest(std::string_view repository,
                           const v1::Document& manifest,
                           std::string_view tag) override {
    const v1::Descriptor& descriptor = manifest.content_descriptor();
    KSO_ASSIGN_OR_RETURN(
        const std::vector<v1::Descriptor> children,
        oci::ChildrenOf(manifest.content(), descriptor.media_type()));
    absl::MutexLock lock(&mutex_);
    const std::string name(repository);
    for (const v1::Descriptor& child : children) {
      KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(child.digest()));
      if (!blobs_[name].contains(digest) &&
          !manifests_.contains({name, child.digest()})) {
        return absl::InvalidArgumentError(
            Concat("MANIFEST_BLOB_UNKNOWN ", child.digest()));
      }
    }
    manifests_[{name, descriptor.digest()}] = manifest;
    if (!tag.empty()) manifests_[{name, std::string(tag)}] = manifest;
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> ListTags(
      std::string_view repository) override {
    absl::MutexLock lock(&mutex_);
    std::vector<std::string> tags;
    for (const auto& [key, document] : manifests_) {
      if (key.first == repository && !Digest::Parse(key.second).ok()) {
        tags.push_back(key.second);
      }
    }
    return tags;
  }

  absl::StatusOr<std::vector<oci::Referrer>> ListReferrers(
      std::string_view repository, const Digest& digest,
      std::string_view artifact_type) override {
    absl::MutexLock lock(&mutex_);
    std::vector<oci::Referrer> referrers;
    if (!knows_referrers_) return referrers;
    for (const auto& [key, document] : manifests_) {
      if (key.first != repository || !Digest::Parse(key.second).ok()) continue;
      auto found = ReferrerTo(digest.ToString(), artifact_type, document);
      if (found) referrers.push_back(*std::move(found));
    }
    return referrers;
  }

  absl::Status DeleteManifest(std::string_view repository,
                              std::string_view reference) override {
    absl::MutexLock lock(&mutex_);
    if (refuses_deletions_) {
      return absl::UnimplementedError("the registry answers 405");
    }
    std::erase_if(manifests_, [&](const auto& entry) {
      const auto& [key, document] = entry;
      return key.first == repository &&
             (key.second == reference ||
              document.content_descriptor().digest() == reference);
    });
    return absl::OkStatus();
  }

  // From now on manifests are not deleted.
  void RefuseDeletions() {
    absl::MutexLock lock(&mutex_);
    refuses_deletions_ = true;
  }
  // From now on there is a list of referrers.
  void KnowReferrers() {
    absl::MutexLock lock(&mutex_);
    knows_referrers_ = true;
  }

  // Lets a tag name another manifest, whatever PutManifest says to that.
  void Retag(const std::string& repository, const std::string& tag,
             const v1::Document& manifest) {
    absl::MutexLock lock(&mutex_);
    manifests_[{repository, tag}] = manifest;
  }

  // "repository:tag" of all tags.
  std::set<std::string> Tags() const {
    absl::MutexLock lock(&mutex_);
    std::set<std::string> tags;
    for (const auto& [key, document] : manifests_) {
      if (!Digest::Parse(key.second).ok()) {
        tags.insert(Concat(key.first, ":", key.second));
      }
    }
    return tags;
  }

  void RemoveBlob(const Digest& digest) {
    absl::MutexLock lock(&mutex_);
    for (auto& [repository, blobs] : blobs_) blobs.erase(digest);
  }

  // From now on the blob has other bytes.
  void DamageBlob(const std::string& repository, const Digest& digest,
                  std::string bytes) {
    absl::MutexLock lock(&mutex_);
    blobs_[repository][digest] = std::move(bytes);
  }

  // How many blobs were pushed, and bytes of blobs read.
  int put() const {
    absl::MutexLock lock(&mutex_);
    return put_;
  }
  int64_t bytes_read() const {
    absl::MutexLock lock(&mutex_);
    return bytes_read_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::map<std::string, std::map<Digest, std::string>> blobs_
      ABSL_GUARDED_BY(mutex_);
  // By repository, and tag or digest.
  std::map<std::pair<std::string, std::string>, v1::Document> manifests_
      ABSL_GUARDED_BY(mutex_);
  bool refuses_deletions_ ABSL_GUARDED_BY(mutex_) = false;
  bool knows_referrers_ ABSL_GUARDED_BY(mutex_) = false;
  int put_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t bytes_read_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_MEMORY_REGISTRY_H_
