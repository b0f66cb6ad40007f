// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/blob_fetcher.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/mirrors.h"
#include "common/oci/reference.h"
#include "worker/disk/disk_room.h"
#include "worker/fetch/fetch_progress_sink.h"
#include "worker/fetch/retry_policy.h"
#include "worker/task/failure.h"

namespace kso::worker {

BlobFetcher::BlobFetcher(ImageStores* stores, Clock* clock,
                         DiskBlobStore* cache,
                         const std::filesystem::path& directory,
                         const ParallelOptions& parallel)
    : stores_(stores),
      clock_(clock),
      cache_(cache),
      partial_directory_(directory / "partial"),
      parallel_(parallel),
      lock_(clock) {}

absl::StatusOr<CachedContent> BlobFetcher::Fetch(const v1::BlobSource& source,
                                                 const Mirrors& mirrors,
                                                 TaskControl& control) {
  const std::string item =
      Concat(source.repository(), "@", source.blob().digest());
  control.SetActivity(Concat("fetching ", item));
  // Pieces that gave wrong bytes together are fetched in one stream the second
  // time.
  bool in_pieces = source.blob().size() >= parallel_.least_bytes;
  const absl::StatusOr<CachedContent> content = FetchAgainIfWrong([&] {
    return FetchToCache(source, mirrors, std::exchange(in_pieces, false),
                        control);
  });
  if (content.ok()) return content;
  return About(content.status(), item, "");
}

absl::StatusOr<CachedContent> BlobFetcher::FetchToCache(
    const v1::BlobSource& source, const Mirrors& mirrors, bool in_pieces,
    TaskControl& control) {
  KSO_ASSIGN_OR_RETURN(const Digest digest,
                       Digest::Parse(source.blob().digest()));
  KSO_ASSIGN_OR_RETURN(const auto holder,
                       lock_.Acquire(digest.ToString(), control));
  auto pin = cache_->Pin(digest);
  if (const auto size = cache_->Stat(digest); size.ok()) {
    // Fetched for another image, of which it has the size that it should have.
    if (*size != source.blob().size()) {
      return absl::DataLossError(Concat("it has ", *size,
                                        " bytes, and its manifest says ",
                                        source.blob().size()));
    }
    return CachedContent{
        .digest = digest, .size = *size, .pin = std::move(pin)};
  }
  KSO_ASSIGN_OR_RETURN(const oci::Reference reference,
                       oci::Reference::Parse(Concat(source.repository(), "@",
                                                    digest.ToString())));
  const oci::ImageSource from = oci::ResolveMirror(reference, mirrors);
  control.SetActivity(control.activity(), from.host);
  KSO_ASSIGN_OR_RETURN(
      const std::unique_ptr<oci::ImageStore> registry,
      stores_->OpenRegistry(from.host, from.insecure, control));

  const bool sha512 = digest.algorithm() == Digest::Algorithm::kSha512;
  KSO_ASSIGN_OR_RETURN(
      const std::unique_ptr<PartialFile> partial,
      PartialFile::Open(partial_directory_ / digest.hex(), cache_, sha512));
  KSO_RETURN_IF_ERROR(Download(*registry, from.path, source.blob(), in_pieces,
                               *partial, control));

  const PartialFile::Digests digests = partial->Finish();
  const Digest& got = sha512 ? *digests.sha512 : digests.sha256;
  if (got != digest) {
    partial->Delete();
    return absl::DataLossError(Concat("expected ", digest.ToString(), ", got ",
                                      got.ToString(), " from ", from.host, "/",
                                      from.path));
  }
  KSO_RETURN_IF_ERROR(partial->MoveIntoCache(digest));
  return CachedContent{
      .digest = digest, .size = partial->size(), .pin = std::move(pin)};
}

absl::Status BlobFetcher::Download(oci::ImageStore& registry,
                                   const std::string& repository,
                                   const v1::Descriptor& blob, bool in_pieces,
                                   PartialFile& partial, TaskControl& control) {
  // The digest identifies the bytes, whoever sent the first of them.
  if (partial.validator() != blob.digest() || partial.size() > blob.size()) {
    KSO_RETURN_IF_ERROR(partial.Restart(blob.digest()));
  }
  KSO_RETURN_IF_ERROR(MakeRoomForClaim(*cache_, partial_directory_,
                                       blob.size() - partial.present()));
  const GetRange get = [&](const http::TransferOptions& wanted,
                           ByteSink& sink) {
    return registry.GetBlobPart(repository, blob, wanted, sink);
  };
  if (in_pieces) {
    const absl::Status status =
        DownloadInPieces(partial, blob.size(), get, parallel_, clock_, control);
    if (!absl::IsFailedPrecondition(status)) return status;
  }
  KSO_RETURN_IF_ERROR(partial.Join());
  FetchProgressSink sink(partial, control);
  const auto get_rest = [&]() -> absl::Status {
    const int64_t first = partial.size();
    if (first == blob.size()) return absl::OkStatus();
    const absl::Status status =
        get({.range = http::ByteRange{.first = first,
                                      .length = blob.size() - first}},
            sink);
    if (!absl::IsFailedPrecondition(status)) return status;
    // A registry without ranges sends the bytes that are here already again;
    // they are left out.
    return registry.GetBlob(repository, blob, sink, partial.size());
  };
  return RetryWhileItHelps(
      clock_, control, [&partial] { return partial.size(); },
      [&]() -> absl::Status {
        const absl::Status status = get_rest();
        KSO_RETURN_IF_ERROR(partial.write_status());
        return status;
      });
}

}  // namespace kso::worker
