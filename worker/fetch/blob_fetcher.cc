#include "worker/fetch/blob_fetcher.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/mirrors.h"
#include "common/oci/reference.h"
#include "worker/fetch/counting_sink.h"
#include "worker/fetch/retry_policy.h"
#include "worker/task/failure.h"

namespace kso::worker {

BlobFetcher::BlobFetcher(ImageStores* stores, Clock* clock,
                         DiskBlobStore* cache,
                         const std::filesystem::path& directory)
    : stores_(stores),
      clock_(clock),
      cache_(cache),
      partial_directory_(directory / "partial"),
      lock_(clock) {}

absl::StatusOr<CachedContent> BlobFetcher::Fetch(const v1::BlobSource& source,
                                                 const Mirrors& mirrors,
                                                 TaskControl& control) {
  const std::string item =
      Concat(source.repository(), "@", source.blob().digest());
  control.SetActivity(Concat("fetching ", item));
  const absl::StatusOr<CachedContent> content =
      FetchAgainIfWrong([&] { return FetchToCache(source, mirrors, control); });
  if (content.ok()) return content;
  return About(content.status(), item, "");
}

absl::StatusOr<CachedContent> BlobFetcher::FetchToCache(
    const v1::BlobSource& source, const Mirrors& mirrors,
    TaskControl& control) {
  KSO_ASSIGN_OR_RETURN(const Digest digest,
                       Digest::Parse(source.blob().digest()));
  KSO_ASSIGN_OR_RETURN(const auto holder,
                       lock_.Acquire(digest.ToString(), control));
  auto pin = cache_->Pin(digest);
  if (const auto size = cache_->Stat(digest); size.ok()) {
    return CachedContent{
        .digest = digest, .size = *size, .pin = std::move(pin)};
  }
  KSO_ASSIGN_OR_RETURN(const oci::Reference reference,
                       oci::Reference::Parse(Concat(source.repository(), "@",
                                                    digest.ToString())));
  const oci::ImageSource from = oci::ResolveMirror(reference, mirrors);
  KSO_ASSIGN_OR_RETURN(
      const std::unique_ptr<oci::ImageStore> registry,
      stores_->OpenRegistry(from.host, from.insecure, control));

  const bool sha512 = digest.algorithm() == Digest::Algorithm::kSha512;
  KSO_ASSIGN_OR_RETURN(
      const std::unique_ptr<PartialFile> partial,
      PartialFile::Open(partial_directory_ / digest.hex(), cache_, sha512));
  KSO_RETURN_IF_ERROR(
      Download(*registry, from.path, source.blob(), *partial, control));

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
                                   const v1::Descriptor& blob,
                                   PartialFile& partial, TaskControl& control) {
  // The digest says what the bytes are, whoever sent the first of them.
  if (partial.validator() != blob.digest() || partial.size() >= blob.size()) {
    KSO_RETURN_IF_ERROR(partial.Restart(blob.digest()));
  }
  KSO_RETURN_IF_ERROR(
      WorkerTrouble(cache_->MakeRoom(blob.size() - partial.size())));
  return RetryWhileItHelps(
      clock_, control, [&partial] { return partial.size(); },
      [&]() -> absl::Status {
        CountingSink sink(partial, control);
        const absl::Status status =
            registry.GetBlob(repository, blob, sink, partial.size());
        KSO_RETURN_IF_ERROR(partial.write_status());
        return status;
      });
}

}  // namespace kso::worker
