#include "worker/verify/served_images.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <set>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "common/base/digest.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/manifest.h"
#include "nlohmann/json.hpp"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

constexpr int kPageSize = 500;
constexpr int kMostPages = 100;
// One request at a time would leave registry and worker waiting for each other.
constexpr int kThreads = 4;

class HashingSink : public ByteSink {
 public:
  HashingSink(Digest::Algorithm algorithm, const TaskControl& control)
      : hasher_(algorithm), control_(control) {}

  absl::Status Write(std::string_view bytes) override {
    if (control_.cancelled()) return absl::CancelledError("cancelled");
    hasher_.Update(bytes);
    return absl::OkStatus();
  }
  Digest Finish() { return hasher_.Finish(); }

 private:
  Hasher hasher_;
  const TaskControl& control_;
};

// One page of the catalog; false when it was the last.
absl::StatusOr<bool> ReadCatalogPage(const std::string& origin,
                                     http::Transport& transport,
                                     const TaskControl& control,
                                     std::string& last,
                                     std::set<std::string>& repositories) {
  http::Request request;
  request.url = Concat(origin, "/v2/_catalog?n=", kPageSize,
                       last.empty() ? "" : "&last=", last);
  request.cancelled = control.CancelledFunction();
  KSO_ASSIGN_OR_RETURN(const http::Response response,
                       transport.Perform(request));
  const auto page = nlohmann::json::parse(response.body, nullptr, false);
  if (response.status != 200 || !page.is_object() ||
      !page.contains("repositories") || !page["repositories"].is_array()) {
    return absl::FailedPreconditionError(
        Concat("GET /v2/_catalog answers HTTP ", response.status,
               " without repositories"));
  }
  for (const auto& repository : page["repositories"]) {
    if (!repository.is_string()) continue;
    last = repository.get<std::string>();
    repositories.insert(last);
  }
  return response.Header("Link").has_value() && !page["repositories"].empty();
}

absl::StatusOr<std::set<std::string>> ReadCatalog(const std::string& origin,
                                                  http::Transport& transport,
                                                  const TaskControl& control) {
  std::set<std::string> repositories;
  std::string last;
  for (int page = 0; page < kMostPages; ++page) {
    KSO_ASSIGN_OR_RETURN(
        const bool more,
        ReadCatalogPage(origin, transport, control, last, repositories));
    if (!more) break;
  }
  return repositories;
}

// What all threads have compared so far. Thread safe.
class ImagesCheck {
 public:
  ImagesCheck(oci::ImageStore& registry, TaskControl& control)
      : registry_(registry), control_(control) {}

  absl::Status Image(const v1::ExpectedImage& image) {
    control_.SetActivity(Concat("comparing ", image.repository()));
    if (!image.tag().empty()) {
      KSO_RETURN_IF_ERROR(
          Document(image.repository(), image.tag(), image.top().digest()));
    }
    KSO_RETURN_IF_ERROR(Document(image.repository(), image.top().digest(),
                                 image.top().digest()));
    for (const v1::Descriptor& manifest : image.manifests()) {
      KSO_RETURN_IF_ERROR(Manifest(image.repository(), manifest));
    }
    return absl::OkStatus();
  }

  size_t documents() const {
    absl::MutexLock lock(&mutex_);
    return documents_.size();
  }
  size_t blobs() const {
    absl::MutexLock lock(&mutex_);
    return blobs_.size();
  }

 private:
  // Manifests are compared by digest, which is to say byte for byte.
  absl::StatusOr<v1::Document> GetDocument(const std::string& repository,
                                           const std::string& identifier,
                                           const std::string& expected) {
    absl::StatusOr<v1::Document> document =
        registry_.GetManifest(repository, identifier);
    if (!document.ok()) {
      return absl::Status(document.status().code(),
                          Concat(repository, " ", identifier, ": ",
                                 ToStd(document.status().message())));
    }
    const std::string got = Sha256Of(document->content()).ToString();
    if (got != expected) {
      return absl::DataLossError(Concat(repository, " ", identifier, " is ",
                                        got, ", upstream it is ", expected));
    }
    absl::MutexLock lock(&mutex_);
    documents_.insert(got);
    return document;
  }

  absl::Status Document(const std::string& repository,
                        const std::string& identifier,
                        const std::string& expected) {
    return GetDocument(repository, identifier, expected).status();
  }

  absl::Status Manifest(const std::string& repository,
                        const v1::Descriptor& manifest) {
    KSO_ASSIGN_OR_RETURN(
        const v1::Document document,
        GetDocument(repository, manifest.digest(), manifest.digest()));
    KSO_ASSIGN_OR_RETURN(
        const oci::Manifest parsed,
        oci::ParseManifest(document.content(),
                           document.content_descriptor().media_type()));
    KSO_RETURN_IF_ERROR(Blob(repository, parsed.config));
    for (const v1::Descriptor& layer : parsed.layers) {
      KSO_RETURN_IF_ERROR(Blob(repository, layer));
    }
    return absl::OkStatus();
  }

  // Whether nobody has begun to compare the blob.
  bool IsFirst(const v1::Descriptor& blob) {
    absl::MutexLock lock(&mutex_);
    return blobs_.insert(blob.digest()).second;
  }

  // Bytes are compared once; that another repository links them too is asked
  // for each time.
  absl::Status Blob(const std::string& repository, const v1::Descriptor& blob) {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
    if (!IsFirst(blob)) {
      KSO_ASSIGN_OR_RETURN(const bool linked,
                           registry_.HasBlob(repository, digest));
      if (linked) return absl::OkStatus();
      return absl::NotFoundError(
          Concat(repository, " lacks the blob ", blob.digest()));
    }
    HashingSink sink(digest.algorithm(), control_);
    const absl::Status got = registry_.GetBlob(repository, blob, sink);
    if (!got.ok()) {
      return absl::Status(got.code(),
                          Concat(repository, " blob ", blob.digest(), ": ",
                                 ToStd(got.message())));
    }
    if (const Digest bytes = sink.Finish(); bytes != digest) {
      return absl::DataLossError(Concat(repository, " blob ", blob.digest(),
                                        " is served as ", bytes.ToString()));
    }
    return absl::OkStatus();
  }

  oci::ImageStore& registry_;
  TaskControl& control_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_set<std::string> documents_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<std::string> blobs_ ABSL_GUARDED_BY(mutex_);
};

// Runs `check(i)` for each i below `count` on several threads, which are in the
// network of the calling one. Returns the error of the first that fails; none
// is begun after that.
absl::Status CheckEach(int count,
                       const std::function<absl::Status(int)>& check) {
  std::atomic<int> next = 0;
  std::atomic<bool> failed = false;
  std::vector<absl::Status> results(count);
  std::vector<std::thread> threads;
  for (int i = 0; i < std::min(count, kThreads); ++i) {
    threads.emplace_back([&] {
      while (!failed) {
        const int mine = next++;
        if (mine >= count) return;
        results[mine] = check(mine);
        if (!results[mine].ok()) failed = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& result : results) KSO_RETURN_IF_ERROR(result);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> CheckServedImages(
    const v1::ExpectedImages& expected, const std::string& origin,
    http::Transport& transport, oci::ImageStore& registry,
    TaskControl& control) {
  KSO_ASSIGN_OR_RETURN(const std::set<std::string> catalog,
                       ReadCatalog(origin, transport, control));
  ImagesCheck check(registry, control);
  const auto check_image = [&](int index) -> absl::Status {
    const v1::ExpectedImage& image = expected.images(index);
    const std::string item =
        Concat(image.repository(), image.tag().empty() ? "@" : ":",
               image.tag().empty() ? image.top().digest() : image.tag());
    if (!catalog.contains(image.repository())) {
      return About(absl::NotFoundError(Concat("the registry's catalog lacks ",
                                              image.repository())),
                   item, "");
    }
    return About(check.Image(image), item, "");
  };
  KSO_RETURN_IF_ERROR(CheckEach(expected.images_size(), check_image));
  return std::vector<std::string>{
      "GET /v2/",
      Concat("catalog of ", catalog.size(), " repositories"),
      Concat(expected.images_size(), " images: ", check.documents(),
             " manifests and ", check.blobs(), " blobs compared"),
  };
}

}  // namespace kso::worker
