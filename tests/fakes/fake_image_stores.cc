// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/fake_image_stores.h"

#include <optional>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/sinks.h"
#include "common/oci/referrers.h"
#include "tests/fakes/subject_of.h"

namespace kso::testing {

struct FakeImageStores::State {
  mutable absl::Mutex mutex;
  // By "HOST/PATH@DIGEST".
  std::map<std::string, std::string> blobs ABSL_GUARDED_BY(mutex);
  // By "HOST/PATH:TAG" and "HOST/PATH@DIGEST".
  std::map<std::string, v1::Document> manifests ABSL_GUARDED_BY(mutex);
  std::optional<size_t> cut ABSL_GUARDED_BY(mutex);
  std::function<void(int64_t)> on_push ABSL_GUARDED_BY(mutex);
  bool refuses_streams ABSL_GUARDED_BY(mutex) = false;
  absl::Status referrers ABSL_GUARDED_BY(mutex);
  int manifest_gets ABSL_GUARDED_BY(mutex) = 0;
  int blob_gets ABSL_GUARDED_BY(mutex) = 0;
  int blob_puts ABSL_GUARDED_BY(mutex) = 0;
};

namespace {

std::string Key(std::string_view repository, std::string_view identifier) {
  const bool is_digest = identifier.find(':') != std::string_view::npos;
  return Concat(repository, is_digest ? "@" : ":", identifier);
}

class WatchedSink : public StringSink {
 public:
  absl::Status Write(std::string_view bytes) override {
    if (on_push) on_push(static_cast<int64_t>(content().size()));
    return StringSink::Write(bytes);
  }

  std::function<void(int64_t)> on_push;
};

}  // namespace

class FakeImageStores::Store : public oci::ImageStore {
 public:
  Store(std::shared_ptr<State> state, std::string host)
      : state_(std::move(state)), host_(std::move(host)) {}

  absl::StatusOr<bool> HasBlob(std::string_view repository,
                               const Digest& digest) override {
    absl::MutexLock lock(&state_->mutex);
    return state_->blobs.contains(Full(repository, digest.ToString()));
  }

  absl::StatusOr<int64_t> PutBlob(std::string_view repository,
                                  const v1::Descriptor& blob,
                                  const OpenSource& open) override {
    KSO_ASSIGN_OR_RETURN(const auto source, open(0));
    KSO_ASSIGN_OR_RETURN(std::string content, ReadAll(*source, 64 << 20));
    if (Sha256Of(content).ToString() != blob.digest()) {
      return absl::DataLossError("pushed other bytes than announced");
    }
    const auto size = static_cast<int64_t>(content.size());
    absl::MutexLock lock(&state_->mutex);
    ++state_->blob_puts;
    state_->blobs[Full(repository, blob.digest())] = std::move(content);
    return size;
  }

  absl::StatusOr<int64_t> PutStream(std::string_view repository,
                                    const WriteBlob& write) override {
    WatchedSink sink;
    {
      absl::MutexLock lock(&state_->mutex);
      if (state_->refuses_streams) {
        return absl::UnimplementedError("411: Length Required");
      }
      sink.on_push = state_->on_push;
    }
    KSO_ASSIGN_OR_RETURN(const WrittenBlob blob, write(sink));
    if (Sha256Of(sink.content()) != blob.digest) {
      return absl::DataLossError("pushed other bytes than announced");
    }
    absl::MutexLock lock(&state_->mutex);
    ++state_->blob_puts;
    state_->blobs[Full(repository, blob.digest.ToString())] = sink.content();
    return blob.size;
  }

  absl::Status GetBlob(std::string_view repository, const v1::Descriptor& blob,
                       ByteSink& sink, int64_t offset) override {
    std::string content;
    std::optional<size_t> cut;
    {
      absl::MutexLock lock(&state_->mutex);
      ++state_->blob_gets;
      const auto found = state_->blobs.find(Full(repository, blob.digest()));
      if (found == state_->blobs.end()) {
        return absl::NotFoundError(
            Concat(host_, "/", repository, " has no ", blob.digest()));
      }
      content = found->second.substr(static_cast<size_t>(offset));
      cut = std::exchange(state_->cut, std::nullopt);
    }
    if (!cut.has_value()) return sink.Write(content);
    KSO_RETURN_IF_ERROR(sink.Write(content.substr(0, *cut)));
    return absl::UnavailableError("the connection was cut");
  }

  absl::StatusOr<v1::Descriptor> HeadManifest(
      std::string_view repository, std::string_view identifier) override {
    KSO_ASSIGN_OR_RETURN(const v1::Document document,
                         Find(repository, identifier));
    return document.content_descriptor();
  }

  absl::StatusOr<v1::Document> GetManifest(
      std::string_view repository, std::string_view identifier) override {
    {
      absl::MutexLock lock(&state_->mutex);
      ++state_->manifest_gets;
    }
    return Find(repository, identifier);
  }

  absl::StatusOr<std::vector<oci::Referrer>> ListReferrers(
      std::string_view repository, const Digest& digest,
      std::string_view artifact_type) override {
    const std::string prefix = Full(repository, "sha256:");
    std::vector<oci::Referrer> referrers;
    absl::MutexLock lock(&state_->mutex);
    if (!state_->referrers.ok()) return state_->referrers;
    for (const auto& [key, document] : state_->manifests) {
      if (!key.starts_with(prefix)) continue;
      auto found = ReferrerTo(digest.ToString(), artifact_type, document);
      if (found) referrers.push_back(*std::move(found));
    }
    return referrers;
  }

  absl::Status PutManifest(std::string_view repository,
                           const v1::Document& manifest,
                           std::string_view tag) override {
    absl::MutexLock lock(&state_->mutex);
    const std::string& digest = manifest.content_descriptor().digest();
    state_->manifests[Full(repository, digest)] = manifest;
    if (!tag.empty()) state_->manifests[Full(repository, tag)] = manifest;
    return absl::OkStatus();
  }

 private:
  std::string Full(std::string_view repository,
                   std::string_view identifier) const {
    return Key(Concat(host_, "/", repository), identifier);
  }

  absl::StatusOr<v1::Document> Find(std::string_view repository,
                                    std::string_view identifier) {
    absl::MutexLock lock(&state_->mutex);
    const auto found = state_->manifests.find(Full(repository, identifier));
    if (found != state_->manifests.end()) return found->second;
    return absl::NotFoundError(
        Concat(host_, "/", repository, " has no ", identifier));
  }

  const std::shared_ptr<State> state_;
  const std::string host_;
};

FakeImageStores::FakeImageStores() : state_(std::make_shared<State>()) {}
FakeImageStores::~FakeImageStores() = default;

absl::StatusOr<std::unique_ptr<oci::ImageStore>> FakeImageStores::OpenRegistry(
    const std::string& host, bool, const worker::TaskControl&) {
  return std::make_unique<Store>(state_, host);
}

absl::StatusOr<std::unique_ptr<oci::ImageStore>>
FakeImageStores::OpenDestination(const v1::Destination&,
                                 const worker::TaskControl&) {
  return std::make_unique<Store>(state_, "destination");
}

v1::Descriptor FakeImageStores::AddBlob(std::string_view repository,
                                        std::string content,
                                        std::string_view media_type) {
  v1::Descriptor descriptor;
  descriptor.set_media_type(std::string(media_type));
  descriptor.set_digest(Sha256Of(content).ToString());
  descriptor.set_size(static_cast<int64_t>(content.size()));
  absl::MutexLock lock(&state_->mutex);
  state_->blobs[Key(repository, descriptor.digest())] = std::move(content);
  return descriptor;
}

v1::Descriptor FakeImageStores::AddManifest(std::string_view repository,
                                            std::string content,
                                            std::string_view media_type,
                                            std::string_view tag) {
  v1::Document document;
  v1::Descriptor& descriptor = *document.mutable_content_descriptor();
  descriptor.set_media_type(std::string(media_type));
  descriptor.set_digest(Sha256Of(content).ToString());
  descriptor.set_size(static_cast<int64_t>(content.size()));
  document.set_content(std::move(content));
  absl::MutexLock lock(&state_->mutex);
  state_->manifests[Key(repository, descriptor.digest())] = document;
  if (!tag.empty()) state_->manifests[Key(repository, tag)] = document;
  return descriptor;
}

void FakeImageStores::DamageBlob(std::string_view repository,
                                 const std::string& digest,
                                 std::string content) {
  absl::MutexLock lock(&state_->mutex);
  state_->blobs[Key(repository, digest)] = std::move(content);
}

std::string FakeImageStores::DestinationBlob(std::string_view repository,
                                             const std::string& digest) {
  absl::MutexLock lock(&state_->mutex);
  const auto found =
      state_->blobs.find(Key(Concat("destination/", repository), digest));
  return found == state_->blobs.end() ? "" : found->second;
}

void FakeImageStores::CutNextBlob(size_t after_bytes) {
  absl::MutexLock lock(&state_->mutex);
  state_->cut = after_bytes;
}

void FakeImageStores::OnPush(std::function<void(int64_t)> on_push) {
  absl::MutexLock lock(&state_->mutex);
  state_->on_push = std::move(on_push);
}

void FakeImageStores::RefuseReferrers(absl::Status status) {
  absl::MutexLock lock(&state_->mutex);
  state_->referrers = std::move(status);
}

void FakeImageStores::RefuseStreams() {
  absl::MutexLock lock(&state_->mutex);
  state_->refuses_streams = true;
}

int FakeImageStores::manifest_gets() const {
  absl::MutexLock lock(&state_->mutex);
  return state_->manifest_gets;
}

int FakeImageStores::blob_gets() const {
  absl::MutexLock lock(&state_->mutex);
  return state_->blob_gets;
}

int FakeImageStores::blob_puts() const {
  absl::MutexLock lock(&state_->mutex);
  return state_->blob_puts;
}

}  // namespace kso::testing
