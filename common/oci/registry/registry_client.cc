// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/registry_client.h"

#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/http/address.h"
#include "common/http/url.h"
#include "common/oci/reference.h"
#include "common/oci/registry/blob_download.h"
#include "common/oci/registry/blob_upload.h"
#include "common/oci/registry/registry_catalog.h"
#include "common/oci/registry/registry_manifests.h"
#include "common/oci/registry/registry_session.h"

namespace kso::oci {
namespace {

absl::Status CheckRepository(std::string_view repository) {
  if (IsValidRepositoryPath(repository)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("\"", absl::CHexEscape(ToAbsl(repository.substr(0, 300))),
             "\" is not a repository path"));
}

absl::Status CheckReference(std::string_view reference) {
  if (IsValidTag(reference)) return absl::OkStatus();
  return Digest::Parse(reference).status();
}

absl::Status CheckOffset(int64_t size, int64_t offset) {
  if (size >= 0 && offset >= 0 && (size == 0 || offset <= size)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      Concat("byte ", offset, " of a blob of ", size, " bytes"));
}

// Returns whether `hosts` has `host`, or its name without the port.
bool Names(const std::set<std::string>& hosts, const std::string& host) {
  const size_t colon = host.rfind(':');
  return hosts.contains(host) ||
         (colon != std::string::npos && host.back() != ']' &&
          hosts.contains(host.substr(0, colon)));
}

bool SpeaksPlainHttp(const RegistryOptions& options) {
  if (Names(options.shared.https, options.host)) return false;
  return Names(options.shared.plain_http, options.host) || options.insecure ||
         http::IsLoopbackHost(options.host);
}

// Checks every name that comes from elsewhere before any of it becomes part of
// a URL, and leaves the rest to the functions of its neighbours.
class RegistryClient : public ImageStore {
 public:
  RegistryClient(const RegistryOptions& options, http::Url base,
                 http::Transport* transport, Clock* clock,
                 const Credentials* credentials)
      : host_(options.host),
        session_(options, std::move(base), transport, clock, credentials) {}

  absl::StatusOr<bool> HasBlob(std::string_view repository,
                               const Digest& digest) override {
    KSO_RETURN_IF_ERROR(CheckRepository(repository));
    return Clean(BlobExists(session_, std::string(repository), digest));
  }

  absl::Status CheckPush(std::string_view repository) override {
    KSO_RETURN_IF_ERROR(CheckRepository(repository));
    return Clean(oci::CheckPush(session_, std::string(repository)));
  }

  absl::StatusOr<int64_t> PutBlob(std::string_view repository,
                                  const v1::Descriptor& blob,
                                  const OpenSource& open) override {
    KSO_RETURN_IF_ERROR(CheckRepository(repository));
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
    KSO_RETURN_IF_ERROR(CheckOffset(blob.size(), 0));
    return Clean(UploadBlob(session_, std::string(repository), digest,
                            blob.size(), open));
  }

  absl::StatusOr<int64_t> PutStream(std::string_view repository,
                                    const WriteBlob& write) override {
    KSO_RETURN_IF_ERROR(CheckRepository(repository));
    if (session_.upload_traits().RefusesStreams(host_)) {
      return absl::UnimplementedError(Concat(host_, " takes no streams"));
    }
    const absl::StatusOr<int64_t> pushed =
        UploadStream(session_, std::string(repository), write);
    if (absl::IsUnimplemented(pushed.status())) {
      session_.upload_traits().AddStreamRefusal(host_);
    }
    return Clean(pushed);
  }

  absl::StatusOr<bool> MountBlob(std::string_view repository,
                                 const Digest& digest,
                                 std::string_view from) override {
    KSO_RETURN_IF_ERROR(CheckRepository(repository));
    KSO_RETURN_IF_ERROR(CheckRepository(from));
    return Clean(oci::MountBlob(session_, std::string(repository), digest,
                                std::string(from)));
  }

  absl::Status GetBlob(std::string_view repository, const v1::Descriptor& blob,
                       ByteSink& sink, int64_t offset) override {
    KSO_RETURN_IF_ERROR(CheckRepository(repository));
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
    KSO_RETURN_IF_ERROR(CheckOffset(blob.size(), offset));
    return Clean(DownloadBlob(session_, std::string(repository), digest,
                              blob.size(), offset, sink));
  }

  absl::Status GetBlobPart(std::string_view repository,
                           const v1::Descriptor& blob,
                           const http::TransferOptions& part,
                           ByteSink& sink) override {
    KSO_RETURN_IF_ERROR(CheckRepository(repository));
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
    KSO_RETURN_IF_ERROR(CheckOffset(blob.size(), part.range->first));
    return Clean(DownloadBlobPart(session_, std::string(repository), digest,
                                  blob.size(), part, sink));
  }

  absl::StatusOr<v1::Descriptor> HeadManifest(
      std::string_view repository, std::string_view tag_or_digest) override {
    KSO_RETURN_IF_ERROR(CheckRepository(repository));
    KSO_RETURN_IF_ERROR(CheckReference(tag_or_digest));
    return Clean(oci::HeadManifest(session_, std::string(repository),
                                   std::string(tag_or_digest)));
  }

  absl::StatusOr<v1::Document> GetManifest(
      std::string_view repository, std::string_view tag_or_digest) override {
    KSO_RETURN_IF_ERROR(CheckRepository(repository));
    KSO_RETURN_IF_ERROR(CheckReference(tag_or_digest));
    return Clean(oci::GetManifest(session_, std::string(repository),
                                  std::string(tag_or_digest)));
  }

  absl::Status PutManifest(std::string_view repository,
                           const v1::Document& manifest,
                           std::string_view tag) override {
    KSO_RETURN_IF_ERROR(CheckRepository(repository));
    const std::string reference =
        tag.empty() ? manifest.content_descriptor().digest() : std::string(tag);
    KSO_RETURN_IF_ERROR(CheckReference(reference));
    return Clean(oci::PutManifest(session_, std::string(repository), reference,
                                  manifest));
  }

  absl::StatusOr<std::vector<std::string>> ListTags(
      std::string_view repository) override {
    KSO_RETURN_IF_ERROR(CheckRepository(repository));
    return Clean(oci::ListTags(session_, std::string(repository)));
  }

  absl::StatusOr<std::vector<Referrer>> ListReferrers(
      std::string_view repository, const Digest& digest,
      std::string_view artifact_type) override {
    KSO_RETURN_IF_ERROR(CheckRepository(repository));
    return Clean(oci::ListReferrers(session_, std::string(repository), digest,
                                    artifact_type));
  }

  absl::Status DeleteManifest(std::string_view repository,
                              std::string_view tag_or_digest) override {
    KSO_RETURN_IF_ERROR(CheckRepository(repository));
    KSO_RETURN_IF_ERROR(CheckReference(tag_or_digest));
    return Clean(oci::DeleteManifest(session_, std::string(repository),
                                     std::string(tag_or_digest)));
  }

 private:
  // No error leaves with what was sent to the registry in its words.
  template <typename Result>
  Result Clean(Result result) const {
    if (result.ok()) return result;
    if constexpr (std::is_same_v<Result, absl::Status>) {
      return session_.secrets().Redact(result);
    } else {
      return session_.secrets().Redact(result.status());
    }
  }

  const std::string host_;
  RegistrySession session_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ImageStore>> CreateRegistryClient(
    const RegistryOptions& options, http::Transport* transport, Clock* clock,
    const Credentials* credentials) {
  if (!IsValidHost(options.host)) {
    return absl::InvalidArgumentError(
        Concat("\"", absl::CHexEscape(options.host.substr(0, 300)),
               "\" is not a registry's HOST[:PORT]"));
  }
  KSO_ASSIGN_OR_RETURN(
      http::Url base,
      http::Url::Parse(Concat(SpeaksPlainHttp(options) ? "http://" : "https://",
                              RegistryHost(options.host), "/v2/")));
  return std::make_unique<RegistryClient>(options, std::move(base), transport,
                                          clock, credentials);
}

}  // namespace kso::oci
