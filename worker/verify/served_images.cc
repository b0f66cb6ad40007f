// SPDX-License-Identifier: Apache-2.0
#include "worker/verify/served_images.h"

#include <functional>
#include <set>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/bytes/sinks.h"
#include "common/oci/manifest.h"
#include "common/run/run_all.h"
#include "common/text/json.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

constexpr int kPageSize = 500;
constexpr int kMostPages = 100;

// One page of the catalog; false when it was the last.
absl::StatusOr<bool> ReadCatalogPage(const std::string& origin,
                                     http::Transport& transport,
                                     const TaskControl& control,
                                     std::string& last,
                                     std::set<std::string>& repositories) {
  http::Request request;
  request.url = Concat(origin, "/v2/_catalog?n=", kPageSize,
                       last.empty() ? "" : "&last=", last);
  request.transfer.stop = control.stop_token();
  KSO_ASSIGN_OR_RETURN(const http::Response response,
                       transport.Perform(request));
  const absl::StatusOr<Json> page = ParseJson(response.body);
  const Json* repositories_of_page = nullptr;
  if (response.status == 200 && page.ok()) {
    KSO_ASSIGN_OR_RETURN(repositories_of_page, FieldOf(*page, "repositories"));
  }
  if (repositories_of_page == nullptr || !repositories_of_page->is_array()) {
    return absl::FailedPreconditionError(
        Concat("GET /v2/_catalog answers HTTP ", response.status,
               " without repositories"));
  }
  for (const Json& repository : *repositories_of_page) {
    if (!repository.is_string()) continue;
    last = repository.get<std::string>();
    repositories.insert(last);
  }
  return response.Header("Link").has_value() && !repositories_of_page->empty();
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

// The registry's storage ends with its container, so what is pushed there would
// be lost.
absl::Status RefusesPushes(const std::string& origin,
                           const v1::ExpectedImage& image,
                           http::Transport& transport,
                           const TaskControl& control) {
  http::Request request;
  request.method = "PUT";
  request.url = Concat(origin, "/v2/", image.repository(), "/manifests/",
                       "pushed-by-a-verification");
  request.transfer.stop = control.stop_token();
  constexpr int kMethodNotAllowed = 405;
  KSO_ASSIGN_OR_RETURN(const http::Response response,
                       transport.Perform(request));
  if (response.status == kMethodNotAllowed) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Concat("PUT of a manifest answers HTTP ", response.status, ", not ",
             kMethodNotAllowed, ": the registry takes what it would lose"));
}

// Compares images on several threads. The registry's client verifies bytes
// against the digest that they are asked for by (image_store.h), so what is
// left is to ask for each, and to see what tags give. Thread safe.
class ImagesCheck {
 public:
  ImagesCheck(oci::ImageStore& registry, const ComparedContent& compared,
              TaskControl& control)
      : registry_(registry), compared_(compared), control_(control) {}

  // The document behind the image's name.
  absl::StatusOr<v1::Document> Top(const v1::ExpectedImage& image) {
    control_.SetActivity(Concat("comparing ", image.repository()));
    const std::string& top = image.top().digest();
    return Document(image.repository(), image.tag().empty() ? top : image.tag(),
                    top);
  }

  // All of the image; of `sample`, the blobs whole, whoever has compared them.
  absl::Status Image(const v1::ExpectedImage& image, bool sample) {
    KSO_ASSIGN_OR_RETURN(const v1::Document document, Top(image));
    const std::string& repository = image.repository();
    const std::string& top = image.top().digest();
    // A tag has shown the bytes; that they are found by digest too takes no
    // more than a HEAD, for which the registry reads them just the same.
    if (!image.tag().empty()) {
      KSO_RETURN_IF_ERROR(FoundByDigest(repository, top));
    }
    for (const v1::Descriptor& index : image.indexes()) {
      KSO_RETURN_IF_ERROR(
          Document(repository, index.digest(), index.digest()).status());
    }
    for (const v1::Descriptor& manifest : image.manifests()) {
      if (manifest.digest() == top) {
        KSO_RETURN_IF_ERROR(Blobs(repository, document, sample));
        continue;
      }
      KSO_ASSIGN_OR_RETURN(
          const v1::Document listed,
          Document(repository, manifest.digest(), manifest.digest()));
      KSO_RETURN_IF_ERROR(Blobs(repository, listed, sample));
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
  size_t blobs_only_there() const {
    absl::MutexLock lock(&mutex_);
    return there_.size();
  }

 private:
  static absl::Status Named(const absl::Status& status,
                            std::string_view repository,
                            std::string_view what) {
    if (status.ok()) return status;
    return Prefixed(status, Concat(repository, " ", what, ": "));
  }

  // Manifests are compared by digest, which is to say byte for byte.
  absl::StatusOr<v1::Document> Document(const std::string& repository,
                                        const std::string& identifier,
                                        const std::string& expected) {
    absl::StatusOr<v1::Document> document =
        registry_.GetManifest(repository, identifier);
    KSO_RETURN_IF_ERROR(Named(document.status(), repository, identifier));
    const std::string& got = document->content_descriptor().digest();
    if (got != expected) {
      return absl::DataLossError(Concat(repository, " ", identifier, " is ",
                                        got, ", upstream it is ", expected));
    }
    absl::MutexLock lock(&mutex_);
    documents_.insert(got);
    return document;
  }

  absl::Status FoundByDigest(const std::string& repository,
                             const std::string& digest) {
    const absl::StatusOr<v1::Descriptor> found =
        registry_.HeadManifest(repository, digest);
    KSO_RETURN_IF_ERROR(Named(found.status(), repository, digest));
    if (found->digest() == digest) return absl::OkStatus();
    return absl::DataLossError(
        Concat(repository, " ", digest, " is ", found->digest()));
  }

  absl::Status Blobs(const std::string& repository,
                     const v1::Document& document, bool sample) {
    KSO_ASSIGN_OR_RETURN(
        const oci::Manifest parsed,
        oci::ParseManifest(document.content(),
                           document.content_descriptor().media_type()));
    KSO_RETURN_IF_ERROR(Blob(repository, parsed.config, sample));
    for (const v1::Descriptor& layer : parsed.layers) {
      KSO_RETURN_IF_ERROR(Blob(repository, layer, sample));
    }
    return absl::OkStatus();
  }

  // Returns whether nobody has begun to compare the blob.
  bool IsFirst(const v1::Descriptor& blob) {
    absl::MutexLock lock(&mutex_);
    return blobs_.insert(blob.digest()).second;
  }

  bool IsComparedAlready(const v1::Descriptor& blob) {
    if (!compared_.Has(blob.digest())) return false;
    absl::MutexLock lock(&mutex_);
    there_.insert(blob.digest());
    return true;
  }

  // Bytes are compared once; that another repository links them too is asked
  // for each time.
  absl::Status Blob(const std::string& repository, const v1::Descriptor& blob,
                    bool sample) {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
    if ((!sample && IsComparedAlready(blob)) || !IsFirst(blob)) {
      KSO_ASSIGN_OR_RETURN(const bool linked,
                           registry_.HasBlob(repository, digest));
      if (linked) return absl::OkStatus();
      return absl::NotFoundError(
          Concat(repository, " lacks the blob ", blob.digest()));
    }
    NullSink sink;
    return Named(registry_.GetBlob(repository, blob, sink), repository,
                 Concat("blob ", blob.digest()));
  }

  oci::ImageStore& registry_;
  const ComparedContent& compared_;
  TaskControl& control_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_set<std::string> documents_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<std::string> blobs_ ABSL_GUARDED_BY(mutex_);
  // Those that were compared before.
  absl::flat_hash_set<std::string> there_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::vector<std::string>> CheckServedImages(
    const v1::ExpectedImages& expected, const std::string& origin,
    const ComparedContent& compared, http::Transport& transport,
    oci::ImageStore& registry, int at_once, TaskControl& control) {
  KSO_ASSIGN_OR_RETURN(const std::set<std::string> catalog,
                       ReadCatalog(origin, transport, control));
  if (!expected.images().empty()) {
    KSO_RETURN_IF_ERROR(
        RefusesPushes(origin, expected.images(0), transport, control));
  }
  ImagesCheck check(registry, compared, control);
  const auto check_image = [&](const v1::ExpectedImage& image) {
    const std::string item =
        Concat(image.repository(), image.tag().empty() ? "@" : ":",
               image.tag().empty() ? image.top().digest() : image.tag());
    if (!catalog.contains(image.repository())) {
      return About(absl::NotFoundError(Concat("the registry's catalog lacks ",
                                              image.repository())),
                   item, "");
    }
    // Where another task compares everything, one image is compared whole here
    // too, as a sample of how this platform serves them.
    const bool sample = compared.everything() && &image == &expected.images(0);
    const bool whole = sample || !compared.in_brief();
    return About(whole ? check.Image(image, sample) : check.Top(image).status(),
                 item, "");
  };
  std::vector<std::function<absl::Status()>> jobs;
  for (const v1::ExpectedImage& image : expected.images()) {
    jobs.emplace_back([&] { return check_image(image); });
  }
  KSO_RETURN_IF_ERROR(RunAll(at_once, jobs));
  return std::vector<std::string>{
      "GET /v2/",
      Concat("catalog of ", catalog.size(), " repositories"),
      "pushes are refused",
      Concat(expected.images_size(), " images: ", check.documents(),
             " manifests and ", check.blobs(), " blobs compared",
             compared.in_brief()
                 ? Concat(", the rest is compared ", compared.where())
             : check.blobs_only_there() > 0
                 ? Concat(", ", check.blobs_only_there(), " there as compared ",
                          compared.where())
                 : ""),
  };
}

}  // namespace kso::worker
