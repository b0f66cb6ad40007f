// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/registry_service.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/upstream/fault_answers.h"
#include "tests/upstream/send_object.h"
#include "tests/upstream/signed_url.h"

namespace kso::upstream {
namespace {

constexpr char kBlobFolder[] = "/docker/registry/v2/blobs/sha256/";

// An error as the distribution specification has it.
void Refuse(int status, const std::string& code, const std::string& message,
            const nlohmann::json& detail, httplib::Response& response) {
  response.status = status;
  const nlohmann::json body = {
      {"errors", {{{"code", code}, {"message", message}, {"detail", detail}}}}};
  response.set_content(body.dump(), "application/json");
}

// Object stores speak XML.
void RefuseXml(int status, const std::string& code,
               httplib::Response& response) {
  response.status = status;
  response.set_content(absl::StrCat("<?xml version=\"1.0\"?><Error><Code>",
                                    code, "</Code></Error>"),
                       "application/xml");
}

// Returns whether the client takes this type. Saying nothing takes anything.
bool Accepts(const httplib::Request& request, const std::string& media_type) {
  const auto [begin, end] = request.headers.equal_range("Accept");
  for (auto header = begin; header != end; ++header) {
    for (absl::string_view range : absl::StrSplit(header->second, ',')) {
      const absl::string_view type =
          absl::StripAsciiWhitespace(range.substr(0, range.find(';')));
      if (type == media_type || type == "*/*" || type == "application/*") {
        return true;
      }
    }
  }
  return begin == end;
}

}  // namespace

struct RegistryService::Target {
  std::string repository;
  std::string kind;  // "manifests", "blobs" or "tags"
  std::string name;  // a tag or a digest
};

RegistryService::RegistryService(const ServiceContext& context)
    : context_(context),
      tokens_(context.key, context.token_lifetime, context.now),
      quota_(context.pull_limit, context.pull_window) {}

RegistryService::Target RegistryService::Parse(const std::string& path) {
  for (const char* kind : {"manifests", "blobs", "tags"}) {
    const std::string marker = absl::StrCat("/", kind, "/");
    const size_t at = path.rfind(marker);
    if (at == path.npos || at <= 4) continue;
    return {path.substr(4, at - 4), kind, path.substr(at + marker.size())};
  }
  return {};
}

void RegistryService::Serve(const httplib::Request& request,
                            httplib::Response& response) {
  response.set_header("Docker-Distribution-Api-Version", "registry/2.0");
  if (request.path == "/v2/" || request.path == "/v2") {
    if (Authorize(request, "", response)) {
      response.status = 200;
      response.set_content("{}", "application/json");
    }
    context_.stats->CountRequest("ping", request.method, response.status);
    return;
  }
  const Target target = Parse(request.path);
  const std::string kind = target.kind == "blobs" ? "blob" : "manifest";
  const std::string subject =
      target.kind == "blobs"
          ? target.name
          : absl::StrCat(target.repository,
                         absl::StrContains(target.name, ":") ? "@" : ":",
                         target.name);
  const auto repository = context_.catalog.repositories.find(target.repository);
  DelayWithFault(context_, subject);
  if (AnswerWithFault(context_, subject, "1", request, response)) {
    if (response.status >= 400 && response.body.empty()) {
      Refuse(response.status,
             response.status == 429 ? "TOOMANYREQUESTS" : "UNKNOWN",
             "asked to fail", nullptr, response);
    }
  } else if (IsHidden(request.method, subject)) {
    Refuse(404, "MANIFEST_UNKNOWN", "manifest unknown", nullptr, response);
  } else if (target.repository.empty()) {
    Refuse(404, "UNSUPPORTED", "no such endpoint", nullptr, response);
  } else if (!Authorize(request, target.repository, response)) {
    // The answer is there already.
  } else if (repository == context_.catalog.repositories.end()) {
    Refuse(404, "NAME_UNKNOWN", "repository name not known to registry",
           {{"name", target.repository}}, response);
  } else if (target.kind == "blobs") {
    Blob(request, target, repository->second, response);
  } else if (target.kind == "manifests") {
    Manifest(request, target, repository->second, response);
  } else {
    nlohmann::json tags = nlohmann::json::array();
    for (const auto& [tag, digest] : repository->second.tags) {
      tags.push_back(tag);
    }
    response.status = 200;
    response.set_content(
        nlohmann::json{{"name", target.repository}, {"tags", tags}}.dump(),
        "application/json");
  }
  SetHeaderFaults(context_, subject, response);
  context_.stats->CountRequest(kind, request.method, response.status);
}

bool RegistryService::IsHidden(const std::string& method,
                               const std::string& subject) {
  if (!context_.faults->Take(FaultKind::kHeadMissing, subject)) return false;
  absl::MutexLock lock(&mutex_);
  if (method == "GET") asked_.insert(subject);
  return !asked_.contains(subject);
}

bool RegistryService::Authorize(const httplib::Request& request,
                                const std::string& repository,
                                httplib::Response& response) const {
  const std::string header = request.get_header_value("Authorization");
  std::string error;
  if (absl::StartsWithIgnoreCase(header, "Bearer ")) {
    switch (tokens_.Check(header.substr(7), repository)) {
      case TokenAuthority::Verdict::kGranted:
        return true;
      case TokenAuthority::Verdict::kInsufficientScope:
        error = ",error=\"insufficient_scope\"";
        break;
      case TokenAuthority::Verdict::kExpired:
      case TokenAuthority::Verdict::kInvalid:
        error = ",error=\"invalid_token\"";
        break;
    }
  }
  const std::string realm =
      context_.faults->Take(FaultKind::kRealmElsewhere, repository)
          ? OtherOrigin(request, context_.blob_port)
          : absl::StrCat("http://", request.get_header_value("Host"));
  std::string scope;
  if (!repository.empty()) {
    scope = absl::StrCat(",scope=\"repository:", repository, ":pull\"");
  }
  response.set_header(
      "WWW-Authenticate",
      absl::StrCat("Bearer realm=\"", realm,
                   "/token\",service=\"kso-upstream\"", scope, error));
  Refuse(401, "UNAUTHORIZED", "authentication required",
         {{{"Type", "repository"}, {"Name", repository}, {"Action", "pull"}}},
         response);
  return false;
}

void RegistryService::Manifest(const httplib::Request& request,
                               const Target& target,
                               const Repository& repository,
                               httplib::Response& response) {
  const auto tag = repository.tags.find(target.name);
  const std::string digest =
      tag == repository.tags.end() ? target.name : tag->second;
  const auto manifest = repository.manifests.find(digest);
  if (manifest == repository.manifests.end()) {
    Refuse(404, "MANIFEST_UNKNOWN", "manifest unknown",
           {{"name", target.repository}, {"reference", target.name}}, response);
    return;
  }
  const absl::Time now = context_.now();
  const bool allowed = quota_.Take(now, request.method == "GET");
  if (quota_.limited()) {
    response.set_header("ratelimit-limit", quota_.Limit());
    response.set_header("ratelimit-remaining", quota_.Remaining(now));
  }
  if (!allowed) {
    Refuse(429, "TOOMANYREQUESTS", "You have reached your pull rate limit",
           nullptr, response);
    return;
  }
  const auto& [media_type, bytes] = manifest->second;
  // Registries send what they have in the first schema whatever is accepted.
  if (!Accepts(request, media_type) &&
      !absl::EndsWith(media_type, ".manifest.v1+prettyjws")) {
    Refuse(404, "MANIFEST_UNKNOWN",
           absl::StrCat("found ", media_type,
                        ", but the Accept header does not allow for it"),
           nullptr, response);
    return;
  }
  response.status = 200;
  response.set_header("Docker-Content-Digest", digest);
  response.set_header("ETag", absl::StrCat("\"", digest, "\""));
  response.set_content(bytes, media_type);
  if (request.method == "GET") {
    context_.stats->CountBytes("manifest", bytes.size());
  }
}

void RegistryService::Blob(const httplib::Request& request,
                           const Target& target, const Repository& repository,
                           httplib::Response& response) {
  const auto blob = repository.blobs.find(target.name);
  if (blob == repository.blobs.end()) {
    Refuse(404, "BLOB_UNKNOWN", "blob unknown to registry",
           {{"digest", target.name}}, response);
    return;
  }
  const std::string& hex = blob->second.sha256;
  response.set_header("Docker-Content-Digest", target.name);
  if (request.method == "HEAD") {
    SendObject(request, blob->second, {}, response);
    return;
  }
  const std::string path = absl::StrCat("/", target.repository, kBlobFolder,
                                        hex.substr(0, 2), "/", hex, "/data");
  response.set_redirect(
      absl::StrCat(
          StorageOrigin(request, context_.blob_port), path, "?",
          SignQuery(context_.key, path, context_.now() + absl::Seconds(300))),
      307);
}

void RegistryService::ServeToken(const httplib::Request& request,
                                 httplib::Response& response) {
  std::vector<std::string> scopes;
  for (size_t i = 0; i < request.get_param_value_count("scope"); ++i) {
    scopes.push_back(request.get_param_value("scope", i));
  }
  const std::string token = tokens_.Issue(scopes);
  response.status = 200;
  response.set_content(
      nlohmann::json{
          {"token", token},
          {"access_token", token},
          {"expires_in", absl::ToInt64Seconds(tokens_.lifetime())},
          {"issued_at", absl::FormatTime(absl::RFC3339_sec, context_.now(),
                                         absl::UTCTimeZone())}}
          .dump(),
      "application/json");
  context_.stats->CountRequest("token", request.method, response.status);
}

void RegistryService::ServeBlob(const httplib::Request& request,
                                httplib::Response& response) {
  const size_t folder = request.path.find(kBlobFolder);
  const auto repository = context_.catalog.repositories.find(
      folder == 0 || folder == request.path.npos
          ? ""
          : request.path.substr(1, folder - 1));
  if (request.has_header("Authorization")) {
    // A signed URL is one way to authenticate, a header another; object stores
    // refuse both at once, which catches clients that send tokens elsewhere.
    RefuseXml(400, "InvalidArgument", response);
  } else if (!IsSigned(context_.key, request.path,
                       request.get_param_value("X-Amz-Expires"),
                       request.get_param_value("X-Amz-Signature"),
                       context_.now())) {
    RefuseXml(403, "AccessDenied", response);
  } else if (repository == context_.catalog.repositories.end()) {
    RefuseXml(404, "NoSuchKey", response);
  } else {
    const std::vector<std::string> parts = absl::StrSplit(
        request.path.substr(folder + sizeof(kBlobFolder) - 1), '/');
    const std::string digest =
        absl::StrCat("sha256:", parts.size() > 1 ? parts[1] : "");
    const auto blob = repository->second.blobs.find(digest);
    if (blob == repository->second.blobs.end()) {
      RefuseXml(404, "NoSuchKey", response);
    } else {
      SendOptions options;
      AddBodyFaults(context_, digest, request, options);
      // Pieces of one download, and one that goes on, begin further behind.
      const std::string range = request.get_header_value("Range");
      if (request.method == "GET" &&
          (range.empty() || absl::StartsWith(range, "bytes=0-"))) {
        context_.stats->CountBlob(digest);
      }
      options.on_sent = [stats = context_.stats](uint64_t bytes) {
        stats->CountBytes("blob_origin", bytes);
      };
      SendObject(request, blob->second, std::move(options), response);
    }
  }
  context_.stats->CountRequest("blob_origin", request.method, response.status);
}

}  // namespace kso::upstream
