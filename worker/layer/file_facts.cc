// SPDX-License-Identifier: Apache-2.0
#include "worker/layer/file_facts.h"

#include <memory>
#include <string_view>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/content/find_programs.h"
#include "worker/task/cancellable_sink.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

class Sha512Sink : public ByteSink {
 public:
  absl::Status Write(std::string_view bytes) override {
    hasher_.Update(bytes);
    return absl::OkStatus();
  }
  std::string Finish() { return hasher_.Finish().ToString(); }

 private:
  Hasher hasher_{Digest::Algorithm::kSha512};
};

bool IsSha512(std::string_view digest) { return digest.starts_with("sha512:"); }

// The SHA-512 of a file with a stated digest of that kind is that digest, which
// was compared when the file was fetched.
absl::StatusOr<std::string> Sha512For(const v1::FileSource& source,
                                      const CachedContent& file,
                                      DiskBlobStore& cache,
                                      TaskControl& control) {
  if (IsSha512(source.digest())) return source.digest();
  if (!IsSha512(source.waived_digest())) return std::string();
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> bytes,
                       cache.Open(file.digest, 0));
  Sha512Sink sha512;
  CancellableSink sink(sha512, control);
  KSO_RETURN_IF_ERROR(CopyBytes(*bytes, sink).status());
  return sha512.Finish();
}

absl::StatusOr<FileFacts> Look(const v1::FileSource& source,
                               const CachedContent& file, DiskBlobStore& cache,
                               TaskControl& control) {
  FileFacts facts;
  KSO_ASSIGN_OR_RETURN(facts.sha512, Sha512For(source, file, cache, control));
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> bytes,
                       cache.Open(file.digest, 0));
  KSO_ASSIGN_OR_RETURN(
      facts.content,
      content::FindPrograms(*bytes, file.size, control.stop_token()));
  return facts;
}

}  // namespace

absl::StatusOr<FileFacts> LookAtFile(const v1::FileSource& source,
                                     const CachedContent& file,
                                     DiskBlobStore& cache,
                                     TaskControl& control) {
  const std::string& url = source.url();
  control.SetActivity(Concat("looking into ", url.substr(url.rfind('/') + 1)));
  absl::StatusOr<FileFacts> facts = Look(source, file, cache, control);
  if (facts.ok()) return facts;
  // Bytes that were fetched a moment ago have rotted in the cache; another try
  // fetches them anew.
  if (absl::IsNotFound(facts.status()) || absl::IsDataLoss(facts.status())) {
    return WorkerTrouble(facts.status());
  }
  return About(facts.status(), source.url(), source.location());
}

}  // namespace kso::worker
