// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/destination_service.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "tests/upstream/hash.h"
#include "tests/upstream/odd_body.h"
#include "tests/upstream/service_context.h"

namespace kso::upstream {
namespace {

constexpr char kToken[] = "destination-token";

// An error as the distribution specification has it.
void Refuse(int status, const char* code, const std::string& message,
            httplib::Response& response) {
  response.status = status;
  response.set_content(
      nlohmann::json{{"errors", {{{"code", code}, {"message", message}}}}}
          .dump(),
      "application/json");
}

}  // namespace

void DestinationService::Add(Habit habit, std::string substring,
                             uint64_t number) {
  absl::MutexLock lock(&mutex_);
  habits_.emplace(habit, std::make_pair(std::move(substring), number));
}

void DestinationService::MakeRepository(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  made_.insert(name);
}

uint64_t* DestinationService::Find(Habit habit, const std::string& repository) {
  const auto [begin, end] = habits_.equal_range(habit);
  for (auto it = begin; it != end; ++it) {
    if (absl::StrContains(repository, it->second.first)) {
      return &it->second.second;
    }
  }
  return nullptr;
}

bool DestinationService::Happens(Habit habit, const std::string& repository) {
  uint64_t* const times = Find(habit, repository);
  if (times == nullptr || *times == 0) return false;
  --*times;
  return true;
}

bool DestinationService::Fails(const std::string& repository,
                               httplib::Response& response) {
  for (const auto& [habit, body] : {std::pair(Habit::kRefusesNested, "nested"),
                                    std::pair(Habit::kRefusesBytes, "bytes"),
                                    std::pair(Habit::kRefusesPage, "html")}) {
    if (const uint64_t* const status = Find(habit, repository)) {
      AnswerWithOddBody(static_cast<int>(*status), body, response);
      return true;
    }
  }
  const uint64_t* const status = Find(Habit::kFails, repository);
  if (status == nullptr) return false;
  response.set_header("Retry-After", "9223372036854775807");
  Refuse(static_cast<int>(*status), "UNSUPPORTED", "not here", response);
  return true;
}

bool DestinationService::Refuses(const httplib::Request& request,
                                 const std::string& repository,
                                 httplib::Response& response) {
  if (Fails(repository, response)) return true;
  if (Find(Habit::kRealmElsewhere, repository) != nullptr &&
      request.get_header_value("Authorization") !=
          absl::StrCat("Bearer ", kToken)) {
    response.set_header(
        "WWW-Authenticate",
        absl::StrCat("Bearer realm=\"", OtherOrigin(request, token_port_),
                     "/token\",service=\"destination\""));
    Refuse(401, "UNAUTHORIZED", "authentication required", response);
    return true;
  }
  if (Find(Habit::kRealmIsNoText, repository) != nullptr) {
    response.set_header("WWW-Authenticate",
                        "Bearer realm=\"https://caf\xe9/\",service=\"\x01\"");
    Refuse(401, "UNAUTHORIZED", "authentication required", response);
    return true;
  }
  const uint64_t* const most = Find(Habit::kBoundsBodies, repository);
  if (most != nullptr && request.body.size() > *most) {
    response.status = 413;
    response.set_content("<html><h1>413 Request Entity Too Large</h1></html>",
                         "text/html");
    return true;
  }
  if (Find(Habit::kWantsRepositories, repository) != nullptr &&
      !made_.contains(repository)) {
    Refuse(404, "NAME_UNKNOWN",
           absl::StrCat("The repository with name '", repository,
                        "' does not exist in the registry"),
           response);
    return true;
  }
  return false;
}

void DestinationService::NotFound(const std::string& repository,
                                  const char* code,
                                  httplib::Response& response) {
  const uint64_t* const hidden = Find(Habit::kHidesAbsence, repository);
  if (hidden == nullptr) return Refuse(404, code, "not there", response);
  Refuse(static_cast<int>(*hidden), *hidden == 401 ? "UNAUTHORIZED" : "DENIED",
         "requested access to the resource is denied", response);
}

void DestinationService::Serve(const httplib::Request& request,
                               httplib::Response& response) {
  response.set_header("Docker-Distribution-Api-Version", "registry/2.0");
  if (request.path == "/v2/" || request.path == "/v2") {
    response.set_content("{}", "application/json");
    return;
  }
  for (const char* kind :
       {"/blobs/uploads/", "/blobs/", "/manifests/", "/tags/", "/referrers/"}) {
    const size_t at = request.path.rfind(kind);
    if (at == std::string::npos || at <= 4) continue;
    const std::string name = request.path.substr(4, at - 4);
    const std::string rest = request.path.substr(at + strlen(kind));
    if (kind == std::string_view("/blobs/uploads/") &&
        request.method == "PUT") {
      uint64_t silent = 0;
      {
        absl::MutexLock lock(&mutex_);
        const uint64_t* const found = Find(Habit::kSilentLastPut, name);
        if (found != nullptr) silent = *found;
      }
      absl::SleepFor(absl::Milliseconds(silent));
    }
    absl::MutexLock lock(&mutex_);
    if (Refuses(request, name, response)) return;
    if (kind == std::string_view("/blobs/uploads/")) {
      Upload(request, name, rest, response);
    } else if (kind == std::string_view("/blobs/")) {
      Blob(name, rest, response);
    } else if (kind == std::string_view("/tags/")) {
      nlohmann::json tags = nlohmann::json::array();
      for (const auto& [tag, digest] : repositories_[name].tags) {
        tags.push_back(tag);
      }
      response.set_content(
          nlohmann::json{{"name", name}, {"tags", tags}}.dump(),
          "application/json");
    } else if (kind == std::string_view("/referrers/")) {
      Referrers(request, name, rest, response);
    } else if (request.method == "PUT") {
      PutManifest(request, name, rest, response);
    } else {
      GetManifest(request, name, rest, response);
    }
    return;
  }
  Refuse(404, "UNSUPPORTED", "no such endpoint", response);
}

void DestinationService::ServeToken(const httplib::Request&,
                                    httplib::Response& response) {
  response.set_content(
      nlohmann::json{{"token", kToken}, {"expires_in", 300}}.dump(),
      "application/json");
}

void DestinationService::Upload(const httplib::Request& request,
                                const std::string& name, const std::string& id,
                                httplib::Response& response) {
  Repository& repository = repositories_[name];
  const auto keep = [&](const std::string& bytes) {
    const std::string digest = request.get_param_value("digest");
    if (Sha256Digest(bytes) != digest) {
      return Refuse(400, "DIGEST_INVALID", "provided digest did not match",
                    response);
    }
    repository.blobs[digest] = bytes;
    response.status = 201;
    response.set_header("Location",
                        absl::StrCat("/v2/", name, "/blobs/", digest));
    response.set_header("Docker-Content-Digest", digest);
  };
  const uint64_t* const least = Find(Habit::kWantsLargeChunks, name);
  if (request.method == "POST") {
    const auto from = repositories_.find(request.get_param_value("from"));
    const std::string mount = request.get_param_value("mount");
    if (from != repositories_.end() && from->second.blobs.contains(mount)) {
      repository.blobs[mount] = from->second.blobs.at(mount);
      response.status = 201;
      response.set_header("Docker-Content-Digest", mount);
      return;
    }
    const std::string upload = absl::StrCat("u", ++uploads_);
    repository.uploads[upload] = "";
    response.status = 202;
    const uint64_t* const inside = Find(Habit::kUploadsInside, name);
    response.set_header(
        "Location",
        absl::StrCat(inside == nullptr
                         ? ""
                         : absl::StrCat("http://10.255.255.1:", *inside),
                     "/v2/", name, "/blobs/uploads/", upload));
    response.set_header("Docker-Upload-UUID", upload);
    response.set_header("Range", "0-0");
    if (least != nullptr) {
      response.set_header("OCI-Chunk-Min-Length", absl::StrCat(*least));
    }
    return;
  }
  const auto upload = repository.uploads.find(id);
  if (upload == repository.uploads.end()) {
    return Refuse(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown", response);
  }
  if (request.method != "GET" && Happens(Habit::kForgetsUploads, name)) {
    repository.uploads.erase(upload);
    return Refuse(400, "BLOB_UPLOAD_INVALID", "blob upload invalid", response);
  }
  if (request.method == "DELETE") {
    repository.uploads.erase(upload);
    response.status = 204;
    return;
  }
  if (least != nullptr && request.method == "PATCH" &&
      request.body.size() < *least) {
    return Refuse(416, "SIZE_INVALID", "the chunk is too small", response);
  }
  upload->second += request.body;
  if (request.method == "PUT") {
    const std::string bytes = std::move(upload->second);
    repository.uploads.erase(upload);
    return keep(bytes);
  }
  response.status = request.method == "GET" ? 204 : 202;
  response.set_header("Location",
                      absl::StrCat("/v2/", name, "/blobs/uploads/", id));
  const uint64_t* const counted = Find(Habit::kCountsTooMuch, name);
  response.set_header(
      "Range",
      absl::StrCat("0-",
                   counted != nullptr
                       ? *counted
                       : std::max<uint64_t>(upload->second.size(), 1) - 1));
}

void DestinationService::Blob(const std::string& name,
                              const std::string& digest,
                              httplib::Response& response) {
  const Repository& repository = repositories_[name];
  const auto blob = repository.blobs.find(digest);
  if (blob == repository.blobs.end()) {
    return NotFound(name, "BLOB_UNKNOWN", response);
  }
  response.set_header("Docker-Content-Digest", digest);
  response.set_content(blob->second, "application/octet-stream");
}

void DestinationService::PutManifest(const httplib::Request& request,
                                     const std::string& name,
                                     const std::string& reference,
                                     httplib::Response& response) {
  Repository& repository = repositories_[name];
  const std::string digest = Sha256Digest(request.body);
  const bool is_tag = !absl::StrContains(reference, ":");
  const auto tag = repository.tags.find(reference);
  const uint64_t* const immutable = Find(Habit::kTagsAreImmutable, name);
  if (is_tag && immutable != nullptr && tag != repository.tags.end()) {
    return Refuse(static_cast<int>(*immutable),
                  *immutable == 412 ? "PRECONDITION" : "TAG_INVALID",
                  absl::StrCat("The image tag '", reference,
                               "' already exists in the '", name,
                               "' repository and cannot be overwritten because "
                               "the repository is immutable."),
                  response);
  }
  const auto json = nlohmann::json::parse(request.body, nullptr, false);
  if (json.is_discarded()) {
    return Refuse(400, "MANIFEST_INVALID", "manifest invalid", response);
  }
  bool complete = !Happens(Habit::kForgetsBlobs, name);
  for (const char* key : {"layers", "manifests"}) {
    for (const auto& part : json.value(key, nlohmann::json::array())) {
      const std::string part_digest = part.value("digest", "");
      complete = complete && (repository.blobs.contains(part_digest) ||
                              repository.manifests.contains(part_digest));
    }
  }
  if (!complete) {
    return Refuse(404, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry",
                  response);
  }
  repository.manifests[digest] = {request.get_header_value("Content-Type"),
                                  request.body, absl::Now()};
  if (is_tag) repository.tags[reference] = digest;
  response.status = 201;
  // So a client knows that no tag has to list what it pushed.
  if (Find(Habit::kListsReferrers, name) != nullptr &&
      json.contains("subject")) {
    response.set_header("OCI-Subject", json["subject"].value("digest", ""));
  }
  response.set_header("Docker-Content-Digest", digest);
  response.set_header("Location",
                      absl::StrCat("/v2/", name, "/manifests/", digest));
}

void DestinationService::Referrers(const httplib::Request& request,
                                   const std::string& name,
                                   const std::string& digest,
                                   httplib::Response& response) {
  const uint64_t* const in_page = Find(Habit::kListsReferrers, name);
  if (in_page == nullptr) {
    return Refuse(404, "NOT_FOUND", "no such endpoint", response);
  }
  const std::string type = request.get_param_value("artifactType");
  const std::string last = request.get_param_value("last");
  nlohmann::json page = nlohmann::json::array();
  std::string next;
  for (const auto& [each, document] : repositories_[name].manifests) {
    if (each <= last) continue;
    const auto json = nlohmann::json::parse(document.bytes);
    const auto subject = json.value("subject", nlohmann::json::object());
    const std::string its_type = json.value("artifactType", "");
    if (subject.value("digest", "") != digest ||
        (!type.empty() && type != its_type)) {
      continue;
    }
    if (page.size() == *in_page) {
      next = page.back()["digest"].get<std::string>();
      break;
    }
    page.push_back({{"mediaType", document.media_type},
                    {"digest", each},
                    {"size", document.bytes.size()},
                    {"artifactType", its_type}});
  }
  if (!type.empty()) {
    response.set_header("OCI-Filters-Applied", "artifactType");
  }
  if (!next.empty()) {
    response.set_header(
        "Link", absl::StrCat("</v2/", name, "/referrers/", digest, "?last=",
                             next, type.empty() ? "" : "&artifactType=",
                             absl::StrReplaceAll(type, {{"+", "%2B"}}),
                             ">; rel=\"next\""));
  }
  response.set_content(
      nlohmann::json{{"schemaVersion", 2},
                     {"mediaType", "application/vnd.oci.image.index.v1+json"},
                     {"manifests", page}}
          .dump(),
      "application/vnd.oci.image.index.v1+json");
}

void DestinationService::GetManifest(const httplib::Request& request,
                                     const std::string& name,
                                     const std::string& reference,
                                     httplib::Response& response) {
  Repository& repository = repositories_[name];
  if (Find(Habit::kHeadMissing, name) != nullptr) {
    if (request.method == "GET") repository.asked.insert(reference);
    if (!repository.asked.contains(reference)) {
      return Refuse(404, "MANIFEST_UNKNOWN", "manifest unknown", response);
    }
  }
  if (const uint64_t* const lifetime = Find(Habit::kCollectsUntagged, name)) {
    std::erase_if(repository.manifests, [&](const auto& each) {
      const bool has_tag = std::any_of(
          repository.tags.begin(), repository.tags.end(),
          [&](const auto& tag) { return tag.second == each.first; });
      return !has_tag &&
             each.second.since + absl::Milliseconds(*lifetime) < absl::Now();
    });
  }
  const auto tag = repository.tags.find(reference);
  const std::string digest =
      tag == repository.tags.end() ? reference : tag->second;
  const auto manifest = repository.manifests.find(digest);
  if (manifest == repository.manifests.end()) {
    return NotFound(name, "MANIFEST_UNKNOWN", response);
  }
  response.set_header("Docker-Content-Digest", digest);
  response.set_content(manifest->second.bytes, manifest->second.media_type);
}

}  // namespace kso::upstream
