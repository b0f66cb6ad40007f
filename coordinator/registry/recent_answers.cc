// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/recent_answers.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/destination.h"

namespace kso::coordinator {
namespace {

// The cache. Its names say destination, repository and digest. Thread safe.
class Answers {
 public:
  explicit Answers(Clock* clock) : clock_(clock) {}

  void SawBlob(const std::string& name) { Add(name, std::nullopt); }
  void SawManifest(const std::string& name, const v1::Document& manifest) {
    Add(name, manifest);
  }

  bool HasBlob(const std::string& name) const {
    absl::MutexLock lock(&mutex_);
    const auto found = seen_.find(name);
    return found != seen_.end() && Stands(found->second);
  }

  std::optional<v1::Document> Manifest(const std::string& name) const {
    absl::MutexLock lock(&mutex_);
    const auto found = seen_.find(name);
    if (found == seen_.end() || !Stands(found->second)) return std::nullopt;
    return found->second.manifest;
  }

  void Clear() {
    absl::MutexLock lock(&mutex_);
    seen_.clear();
  }

 private:
  struct Seen {
    absl::Time at;
    std::optional<v1::Document> manifest;
  };

  bool Stands(const Seen& seen) const {
    return clock_->Now() < seen.at + kAnswerStands;
  }

  void Add(const std::string& name, std::optional<v1::Document> manifest) {
    const absl::Time now = clock_->Now();
    absl::MutexLock lock(&mutex_);
    if (now >= swept_ + kAnswerStands) {
      absl::erase_if(seen_,
                     [&](const auto& each) { return !Stands(each.second); });
      swept_ = now;
    }
    seen_.insert_or_assign(name, Seen{now, std::move(manifest)});
  }

  Clock* const clock_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Seen> seen_ ABSL_GUARDED_BY(mutex_);
  absl::Time swept_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

class RecentlyAskedStore : public oci::ImageStore {
 public:
  RecentlyAskedStore(std::string destination,
                     std::shared_ptr<oci::ImageStore> store,
                     std::shared_ptr<Answers> answers)
      : destination_(std::move(destination)),
        store_(std::move(store)),
        answers_(std::move(answers)) {}

  absl::StatusOr<bool> HasBlob(std::string_view repository,
                               const Digest& digest) override {
    const std::string name = NameOf(repository, digest.ToString());
    if (answers_->HasBlob(name)) return true;
    KSO_ASSIGN_OR_RETURN(const bool there, store_->HasBlob(repository, digest));
    if (there) answers_->SawBlob(name);
    return there;
  }

  absl::Status CheckPush(std::string_view repository) override {
    return store_->CheckPush(repository);
  }

  absl::StatusOr<int64_t> PutBlob(std::string_view repository,
                                  const v1::Descriptor& blob,
                                  const OpenSource& open) override {
    KSO_ASSIGN_OR_RETURN(const int64_t moved,
                         store_->PutBlob(repository, blob, open));
    answers_->SawBlob(NameOf(repository, blob.digest()));
    return moved;
  }

  absl::StatusOr<int64_t> PutStream(std::string_view repository,
                                    const WriteBlob& write) override {
    return store_->PutStream(repository, write);
  }

  absl::StatusOr<bool> MountBlob(std::string_view repository,
                                 const Digest& digest,
                                 std::string_view from) override {
    KSO_ASSIGN_OR_RETURN(const bool mounted,
                         store_->MountBlob(repository, digest, from));
    if (mounted) answers_->SawBlob(NameOf(repository, digest.ToString()));
    return mounted;
  }

  absl::Status GetBlob(std::string_view repository, const v1::Descriptor& blob,
                       ByteSink& sink, int64_t offset) override {
    return store_->GetBlob(repository, blob, sink, offset);
  }

  absl::Status GetBlobPart(std::string_view repository,
                           const v1::Descriptor& blob,
                           const http::TransferOptions& part,
                           ByteSink& sink) override {
    return store_->GetBlobPart(repository, blob, part, sink);
  }

  // Tags move, so they are asked for each time.
  absl::StatusOr<v1::Descriptor> HeadManifest(
      std::string_view repository, std::string_view tag_or_digest) override {
    return store_->HeadManifest(repository, tag_or_digest);
  }

  absl::StatusOr<v1::Document> GetManifest(
      std::string_view repository, std::string_view tag_or_digest) override {
    const std::string name = NameOf(repository, tag_or_digest);
    std::optional<v1::Document> seen = answers_->Manifest(name);
    if (seen.has_value()) return *std::move(seen);
    KSO_ASSIGN_OR_RETURN(v1::Document manifest,
                         store_->GetManifest(repository, tag_or_digest));
    if (manifest.content_descriptor().digest() == tag_or_digest) {
      answers_->SawManifest(name, manifest);
    }
    return manifest;
  }

  absl::Status PutManifest(std::string_view repository,
                           const v1::Document& manifest,
                           std::string_view tag) override {
    const absl::Status put = store_->PutManifest(repository, manifest, tag);
    if (put.ok()) {
      answers_->SawManifest(
          NameOf(repository, manifest.content_descriptor().digest()), manifest);
    } else {
      // The reason may be that something has just gone.
      answers_->Clear();
    }
    return put;
  }

 private:
  std::string NameOf(std::string_view repository,
                     std::string_view digest) const {
    return Concat(destination_, " ", repository, " ", digest);
  }

  const std::string destination_;
  const std::shared_ptr<oci::ImageStore> store_;
  const std::shared_ptr<Answers> answers_;
};

}  // namespace

OpenDestination WithRecentAnswers(OpenDestination open, Clock* clock) {
  return [open = std::move(open), answers = std::make_shared<Answers>(clock)](
             const v1::Destination& destination, std::stop_token stop)
             -> absl::StatusOr<std::shared_ptr<oci::ImageStore>> {
    KSO_ASSIGN_OR_RETURN(std::shared_ptr<oci::ImageStore> store,
                         open(destination, std::move(stop)));
    return std::make_shared<RecentlyAskedStore>(
        oci::FormatDestination(destination), std::move(store), answers);
  };
}

}  // namespace kso::coordinator
