// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/document_reader.h"

#include <memory>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/sinks.h"
#include "worker/fetch/fetch_progress_sink.h"
#include "worker/fetch/retry_policy.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

// Manifests and configs are small; a larger one is an attack or a mistake.
constexpr size_t kLargestDocument = 4 << 20;

absl::Status CheckBytes(std::string_view content, const Digest& digest) {
  Hasher hasher(digest.algorithm());
  hasher.Update(content);
  const Digest got = hasher.Finish();
  if (got == digest) return absl::OkStatus();
  return absl::DataLossError(Concat("expected ", digest.ToString(), ", got ",
                                    got.ToString(), " from the registry"));
}

}  // namespace

absl::StatusOr<std::optional<v1::Document>> DocumentReader::Top(
    std::string_view tag_or_digest, std::string_view known) {
  const absl::StatusOr<v1::Descriptor> head =
      registry_->HeadManifest(repository_, tag_or_digest);
  if (head.ok() && !head->digest().empty()) {
    if (head->digest() == known) return std::nullopt;
    absl::StatusOr<v1::Document> manifest = Manifest(*head);
    // A proxy may know a manifest by its tag only.
    if (absl::IsNotFound(manifest.status()) &&
        head->digest() != ToAbsl(tag_or_digest)) {
      return GetManifest(tag_or_digest);
    }
    return manifest;
  }
  // A registry that does not support HEAD answers a GET, which also tells what
  // is wrong, if anything.
  if (head.ok() || absl::IsInvalidArgument(head.status())) {
    return GetManifest(tag_or_digest);
  }
  return head.status();
}

absl::StatusOr<v1::Document> DocumentReader::Manifest(
    const v1::Descriptor& descriptor) {
  KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(descriptor.digest()));
  if (auto cached = ReadCached(digest); cached.ok()) {
    v1::Document document;
    *document.mutable_content_descriptor() = descriptor;
    document.mutable_content_descriptor()->set_size(
        static_cast<int64_t>(cached->size()));
    document.set_content(*std::move(cached));
    return document;
  }
  return GetManifest(descriptor.digest());
}

absl::StatusOr<v1::Document> DocumentReader::Blob(
    const v1::Descriptor& descriptor) {
  KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(descriptor.digest()));
  v1::Document document;
  *document.mutable_content_descriptor() = descriptor;
  auto content = ReadCached(digest);
  if (!content.ok()) {
    KSO_RETURN_IF_ERROR(FetchAgainIfWrong([&]() -> absl::Status {
      StringSink sink(kLargestDocument);
      FetchProgressSink progress(sink, *control_);
      KSO_RETURN_IF_ERROR(
          registry_->GetBlob(repository_, descriptor, progress));
      content = sink.Take();
      return CheckBytes(*content, digest);
    }));
    const auto source = SourceOfString(*content);
    KSO_RETURN_IF_ERROR(WorkerTrouble(
        cache_->Put(digest, static_cast<int64_t>(content->size()), *source)));
  }
  document.set_content(*std::move(content));
  return document;
}

absl::StatusOr<std::vector<oci::Referrer>> DocumentReader::Referrers(
    const std::string& digest_text) {
  KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(digest_text));
  return registry_->ListReferrers(repository_, digest, /*artifact_type=*/"");
}

absl::StatusOr<std::string> DocumentReader::ReadCached(const Digest& digest) {
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source,
                       cache_->Open(digest, 0));
  KSO_ASSIGN_OR_RETURN(std::string content, ReadAll(*source, kLargestDocument));
  KSO_RETURN_IF_ERROR(CheckBytes(content, digest));
  return content;
}

absl::StatusOr<v1::Document> DocumentReader::GetManifest(
    std::string_view tag_or_digest) {
  v1::Document document;
  KSO_RETURN_IF_ERROR(FetchAgainIfWrong([&]() -> absl::Status {
    ++manifest_gets_;
    KSO_ASSIGN_OR_RETURN(document,
                         registry_->GetManifest(repository_, tag_or_digest));
    return absl::OkStatus();
  }));
  control_->AddFetched(static_cast<int64_t>(document.content().size()));
  KSO_ASSIGN_OR_RETURN(const Digest digest,
                       Digest::Parse(document.content_descriptor().digest()));
  KSO_RETURN_IF_ERROR(CheckBytes(document.content(), digest));
  const auto source = SourceOfString(document.content());
  KSO_RETURN_IF_ERROR(WorkerTrouble(cache_->Put(
      digest, static_cast<int64_t>(document.content().size()), *source)));
  return document;
}

}  // namespace kso::worker
