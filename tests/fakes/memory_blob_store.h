// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_MEMORY_BLOB_STORE_H_
#define KSO_TESTS_FAKES_MEMORY_BLOB_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "common/blob/blob_store.h"
#include "common/blob/verifying_source.h"
#include "common/bytes/sinks.h"

namespace kso::testing {

// A blob store in memory, as strict as the real ones. Thread safe.
class MemoryBlobStore : public BlobStore {
 public:
  // Unless it `verifies`, it gives wrong bytes without noticing.
  explicit MemoryBlobStore(bool verifies = true) : verifies_(verifies) {}

  absl::StatusOr<int64_t> Stat(const Digest& digest) override {
    KSO_ASSIGN_OR_RETURN(const std::shared_ptr<const std::string> blob,
                         Find(digest));
    return static_cast<int64_t>(blob->size());
  }

  absl::StatusOr<std::unique_ptr<ByteSource>> Open(const Digest& digest,
                                                   int64_t offset) override {
    KSO_ASSIGN_OR_RETURN(std::shared_ptr<const std::string> blob, Find(digest));
    if (offset < 0 || offset > static_cast<int64_t>(blob->size())) {
      return absl::OutOfRangeError(absl::StrCat("offset ", offset));
    }
    {
      absl::MutexLock lock(&mutex_);
      ++opened_;
    }
    auto source = std::make_unique<Source>(std::move(blob), offset);
    if (offset != 0 || !verifies_) return source;
    return CreateVerifyingSource(std::move(source), digest, std::nullopt);
  }

  absl::Status Put(const Digest& digest, int64_t size,
                   ByteSource& source) override {
    if (Find(digest).ok()) return absl::OkStatus();
    KSO_ASSIGN_OR_RETURN(std::string bytes, ReadAll(source, kLimit));
    Hasher hasher(digest.algorithm());
    hasher.Update(bytes);
    if (static_cast<int64_t>(bytes.size()) != size ||
        hasher.Finish() != digest) {
      return absl::DataLossError(absl::StrCat(
          "the ", bytes.size(), " bytes are not ", digest.ToString()));
    }
    absl::MutexLock lock(&mutex_);
    blobs_[digest] = std::make_shared<const std::string>(std::move(bytes));
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> PutStream(const WriteBlob& write) override {
    StringSink sink;
    KSO_ASSIGN_OR_RETURN(const WrittenBlob blob, write(sink));
    const std::unique_ptr<ByteSource> source = SourceOfString(sink.content());
    KSO_RETURN_IF_ERROR(Put(blob.digest, blob.size, *source));
    return blob.size;
  }

  // Adds a blob and returns its digest.
  Digest Add(std::string bytes) {
    const Digest digest = Sha256Of(bytes);
    absl::MutexLock lock(&mutex_);
    blobs_[digest] = std::make_shared<const std::string>(std::move(bytes));
    return digest;
  }

  // From now on the blob is not there.
  void Remove(const Digest& digest) {
    absl::MutexLock lock(&mutex_);
    blobs_.erase(digest);
  }

  // From now on `digest` gives other bytes, as a store whose disk has rotted.
  void Damage(const Digest& digest, std::string bytes) {
    absl::MutexLock lock(&mutex_);
    blobs_[digest] = std::make_shared<const std::string>(std::move(bytes));
  }

  // How many blobs there are, and how many times one was opened.
  int size() const {
    absl::MutexLock lock(&mutex_);
    return static_cast<int>(blobs_.size());
  }
  int opened() const {
    absl::MutexLock lock(&mutex_);
    return opened_;
  }

 private:
  static constexpr size_t kLimit = size_t{1} << 30;

  class Source : public ByteSource {
   public:
    Source(std::shared_ptr<const std::string> blob, int64_t offset)
        : blob_(std::move(blob)), source_(SourceOfString(*blob_, offset)) {}
    absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
      return source_->Read(buffer, size);
    }

   private:
    const std::shared_ptr<const std::string> blob_;
    const std::unique_ptr<ByteSource> source_;
  };

  absl::StatusOr<std::shared_ptr<const std::string>> Find(
      const Digest& digest) const {
    absl::MutexLock lock(&mutex_);
    const auto found = blobs_.find(digest);
    if (found == blobs_.end()) {
      return absl::NotFoundError(
          absl::StrCat("the blob ", digest.ToString(), " is not there"));
    }
    return found->second;
  }

  const bool verifies_;
  mutable absl::Mutex mutex_;
  std::map<Digest, std::shared_ptr<const std::string>> blobs_
      ABSL_GUARDED_BY(mutex_);
  int opened_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_MEMORY_BLOB_STORE_H_
