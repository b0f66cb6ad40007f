// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/registry_manifests.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "common/oci/registry/registry_error.h"
#include "common/oci/registry/served_type.h"

namespace kso::oci {
namespace {

// With the backoff between them, these tries take half a minute.
constexpr int kPutTries = 8;
constexpr char kDigestHeader[] = "Docker-Content-Digest";

http::Request ManifestRequest(const RegistrySession& session,
                              const std::string& method,
                              const std::string& repository,
                              const std::string& reference) {
  http::Request request;
  request.method = method;
  request.url = session.UrlOf(Concat(repository, "/manifests/", reference));
  request.headers = {
      {"Accept", Concat(kOciIndex, ", ", kDockerManifestList, ", ",
                        kOciManifest, ", ", kDockerManifest)}};
  return request;
}

bool IsKnownType(std::string_view media_type) {
  return IsIndexType(media_type) || IsManifestType(media_type);
}

// The document's media type: that of the Content-Type, or, where that says
// nothing, the one that the document says or shows itself.
std::string EffectiveType(const http::Response& response) {
  const std::string served = ServedType(response);
  return SaysNothing(served) ? DocumentType(response.body) : served;
}

std::optional<Digest> DigestOf(const http::Response& response) {
  const auto header = response.Header(kDigestHeader);
  if (!header) return std::nullopt;
  absl::StatusOr<Digest> digest = Digest::Parse(*header);
  if (!digest.ok()) return std::nullopt;
  return *std::move(digest);
}

// DATA_LOSS when `content` is not what `digest` names.
absl::Status CheckDigest(const Digest& digest, const std::string& content,
                         std::string_view what) {
  Hasher hasher(digest.algorithm());
  hasher.Update(content);
  const Digest actual = hasher.Finish();
  if (actual == digest) return absl::OkStatus();
  return absl::DataLossError(Concat(what, ": the bytes have the digest ",
                                    actual.ToString(), ", not ",
                                    digest.ToString()));
}

absl::Status CheckShape(const std::string& content,
                        const std::string& media_type, std::string_view what) {
  absl::Status status;
  if (IsIndexType(media_type)) {
    status = ParseIndex(content, media_type).status();
  } else if (IsManifestType(media_type)) {
    status = ParseManifest(content, media_type).status();
  } else if (IsSchema1Type(media_type)) {
    return Schema1Error();
  } else {
    status = absl::InvalidArgumentError(
        Concat("its type is \"", absl::CHexEscape(media_type.substr(0, 120)),
               "\", which is no image that is in use today"));
  }
  if (status.ok() || absl::IsUnimplemented(status)) return status;
  return absl::Status(status.code(), Concat(what, ": ", status.message()));
}

// Returns whether an error says that the manifest is there and of schema 1: a
// registry that does not serve those any more (Distribution, GitLab: 400
// MANIFEST_INVALID "Schema 1 manifest not supported").
bool RefusesSchema1(const http::Response& response) {
  const std::string body = absl::AsciiStrToLower(response.body);
  for (const char* words : {"schema 1", "schema1", "schema v1"}) {
    if (absl::StrContains(body, words)) return true;
  }
  return false;
}

// Returns whether a GET may be answered although a HEAD is not: a registry or
// proxy need not support HEAD or may not allow it, and one that caches another
// registry (Nexus) knows no manifest before it is asked for its bytes.
bool MayBeOtherwiseForGet(int status) {
  return status == 400 || status == 401 || status == 403 || status == 404 ||
         status == 405 || status == 501;
}

// Returns whether a registry may refuse a manifest since it has it and what it
// has must not change: the answers of registries to tags that are immutable.
bool IsRefusal(int status) {
  return status == 400 || status == 403 || status == 405 || status == 409 ||
         status == 412;
}

// Returns whether `reference` is the manifest with that digest already.
bool Names(RegistrySession& session, const std::string& repository,
           const std::string& reference, const Digest& digest) {
  const absl::StatusOr<v1::Descriptor> found =
      HeadManifest(session, repository, reference);
  return found.ok() && found->digest() == digest.ToString();
}

// Returns whether a registry misses what a manifest names. What was pushed a
// moment ago may not have come to the replica that answers.
bool IsReplicaLag(const http::Response& response) {
  if (response.status != 400 && response.status != 404) return false;
  for (const std::string& code : ErrorCodes(response)) {
    if (code == "MANIFEST_BLOB_UNKNOWN" || code == "BLOB_UNKNOWN" ||
        code == "MANIFEST_UNKNOWN") {
      return true;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<v1::Descriptor> HeadManifest(RegistrySession& session,
                                            const std::string& repository,
                                            const std::string& reference) {
  const std::string what =
      Concat("looking for manifest ", reference, " in ", repository);
  KSO_ASSIGN_OR_RETURN(
      const http::Response response,
      session.Read(ManifestRequest(session, "HEAD", repository, reference),
                   repository, what));
  if (MayBeOtherwiseForGet(response.status)) {
    KSO_ASSIGN_OR_RETURN(v1::Document document,
                         GetManifest(session, repository, reference));
    return document.content_descriptor();
  }
  if (response.status / 100 != 2) return session.ErrorOf(response, what);
  const std::optional<Digest> digest = DigestOf(response);
  const std::string type = ServedType(response);
  int64_t size = 0;
  if (!digest || !IsKnownType(type) ||
      !absl::SimpleAtoi(response.Header("Content-Length").value_or(""),
                        &size) ||
      size <= 0) {
    KSO_ASSIGN_OR_RETURN(v1::Document document,
                         GetManifest(session, repository, reference));
    return document.content_descriptor();
  }
  const absl::StatusOr<Digest> asked = Digest::Parse(reference);
  if (asked.ok() && asked->algorithm() == digest->algorithm() &&
      *asked != *digest) {
    return absl::DataLossError(
        Concat(what, ": the registry offers ", digest->ToString()));
  }
  v1::Descriptor descriptor;
  descriptor.set_media_type(type);
  descriptor.set_digest(asked.ok() ? asked->ToString() : digest->ToString());
  descriptor.set_size(size);
  return descriptor;
}

absl::StatusOr<v1::Document> GetManifest(RegistrySession& session,
                                         const std::string& repository,
                                         const std::string& reference) {
  const std::string what =
      Concat("pulling manifest ", reference, " of ", repository);
  absl::StatusOr<http::Response> response = session.Read(
      ManifestRequest(session, "GET", repository, reference), repository, what);
  if (ExhaustedResource(response.status()) == Resource::kSizeBound) {
    // Another try would bring the same manifest, which is too large.
    return WithCode(response.status(), absl::StatusCode::kInvalidArgument);
  }
  if (!response.ok()) return std::move(response).status();
  if (response->status / 100 != 2) {
    if (RefusesSchema1(*response)) return Schema1Error();
    return session.ErrorOf(*response, what);
  }

  const absl::StatusOr<Digest> asked = Digest::Parse(reference);
  const std::string media_type = EffectiveType(*response);
  // Before the digest, which is not that of the bytes where they are signed.
  if (IsSchema1Type(media_type) ||
      IsSchema1Type(DocumentType(response->body))) {
    return Schema1Error();
  }
  if (asked.ok()) {
    KSO_RETURN_IF_ERROR(CheckDigest(*asked, response->body, what));
  } else if (const auto promised = DigestOf(*response)) {
    KSO_RETURN_IF_ERROR(CheckDigest(*promised, response->body, what));
  }
  KSO_RETURN_IF_ERROR(CheckShape(response->body, media_type, what));

  v1::Document document;
  v1::Descriptor& descriptor = *document.mutable_content_descriptor();
  descriptor.set_media_type(media_type);
  descriptor.set_digest(asked.ok() ? asked->ToString()
                                   : Sha256Of(response->body).ToString());
  descriptor.set_size(static_cast<int64_t>(response->body.size()));
  document.set_content(std::move(response->body));
  return document;
}

absl::Status PutManifest(RegistrySession& session,
                         const std::string& repository,
                         const std::string& reference,
                         const v1::Document& manifest) {
  const std::string what =
      Concat("pushing manifest ", reference, " to ", repository);
  const v1::Descriptor& descriptor = manifest.content_descriptor();
  KSO_RETURN_IF_ERROR(
      CheckShape(manifest.content(), descriptor.media_type(), what));
  KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(descriptor.digest()));
  KSO_RETURN_IF_ERROR(CheckDigest(digest, manifest.content(), what));

  http::Request request;
  request.method = "PUT";
  request.url = session.UrlOf(Concat(repository, "/manifests/", reference));
  request.headers = {{"Content-Type", descriptor.media_type()}};
  request.body = manifest.content();
  const auto put = [&]() -> RegistrySession::Attempt {
    const absl::StatusOr<http::Response> response =
        session.Perform(request, AccessScope{repository, /*push=*/true}, what);
    if (!response.ok()) return {.status = response.status()};
    if (response->status / 100 != 2) {
      if (IsRefusal(response->status) &&
          Names(session, repository, reference, digest)) {
        return {.status = absl::OkStatus()};
      }
      return {.status = session.ErrorOf(*response, what),
              .again = IsReplicaLag(*response)};
    }
    const std::optional<Digest> stored = DigestOf(*response);
    if (stored && stored->algorithm() == digest.algorithm() &&
        *stored != digest) {
      return {.status = absl::DataLossError(Concat(
                  what, ": the registry stored it as ", stored->ToString()))};
    }
    return {.status = absl::OkStatus()};
  };
  return session.RetryWhileTransient(kPutTries, put);
}

}  // namespace kso::oci
