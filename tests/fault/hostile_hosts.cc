// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/hostile_hosts.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/text/percent_coding.h"

namespace kso::testing {
namespace {

// Nothing in these histories has so many bytes.
constexpr int64_t kForEver = 32 << 20;
constexpr size_t kLargestErrorBody = 64 << 10;

uint64_t HashOf(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return hash;
}

std::string HeaderIn(const http::Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return "";
}

std::string Parameter(const std::string& query, std::string_view name) {
  for (absl::string_view part : absl::StrSplit(query, '&')) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    if (pair.first == name) return PercentDecode(pair.second).value_or("");
  }
  return "";
}

absl::StatusOr<std::string> BodyOf(const http::Request& request) {
  if (!request.body_source) return request.body;
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source,
                       request.body_source(0));
  return ReadAll(*source, kForEver);
}

WireAnswer Status(int status) {
  WireAnswer answer;
  answer.status = status;
  return answer;
}

WireAnswer Error(int status, std::string_view code) {
  WireAnswer answer = Status(status);
  answer.body = Concat(R"({"errors":[{"code":")", code, R"("}]})");
  return answer;
}

http::Response ResponseOf(const http::Request& request,
                          const WireAnswer& answer) {
  http::Response response;
  response.status = answer.status;
  response.headers = answer.headers;
  response.effective_url = request.url;
  return response;
}

}  // namespace

void HostileHosts::SetHostility(const std::string& host, double hostility) {
  absl::MutexLock lock(&mutex_);
  hostility_[host] = hostility;
}
void HostileHosts::SetSticky(bool sticky) {
  absl::MutexLock lock(&mutex_);
  sticky_ = sticky;
}
void HostileHosts::SetTokens(bool tokens) {
  absl::MutexLock lock(&mutex_);
  tokens_ = tokens;
}
void HostileHosts::AddFile(const std::string& url, std::string content) {
  absl::MutexLock lock(&mutex_);
  files_[url] = std::move(content);
}
void HostileHosts::AddBlob(const std::string& host, std::string content) {
  absl::MutexLock lock(&mutex_);
  std::string digest = Sha256Of(content).ToString();
  registries_[host].blobs[std::move(digest)] = std::move(content);
}
void HostileHosts::AddManifest(const std::string& host,
                               const std::string& repository,
                               const std::string& name,
                               std::string_view media_type,
                               std::string content) {
  absl::MutexLock lock(&mutex_);
  registries_[host].manifests[Concat(repository, ":", name)] = {
      std::string(media_type), std::move(content)};
}
std::string HostileHosts::ManifestAt(const std::string& host,
                                     const std::string& repository,
                                     const std::string& name) const {
  absl::MutexLock lock(&mutex_);
  const auto registry = registries_.find(host);
  if (registry == registries_.end()) return "";
  const auto found =
      registry->second.manifests.find(Concat(repository, ":", name));
  return found == registry->second.manifests.end() ? "" : found->second.second;
}
int64_t HostileHosts::requests() const {
  absl::MutexLock lock(&mutex_);
  return requests_;
}
bool HostileHosts::went_on_for_ever() const {
  absl::MutexLock lock(&mutex_);
  return for_ever_;
}

WireAnswer HostileHosts::ServeContent(const http::Request& request,
                                      const std::string& content) {
  WireAnswer answer;
  size_t first = 0;
  size_t length = content.size();
  if (const auto& range = request.transfer.range) {
    if (range->first >= static_cast<int64_t>(content.size())) {
      return Status(416);
    }
    first = static_cast<size_t>(range->first);
    length = std::min<size_t>(static_cast<size_t>(range->length),
                              content.size() - first);
    answer.status = 206;
    answer.headers.emplace_back(
        "Content-Range", absl::StrCat("bytes ", first, "-", first + length - 1,
                                      "/", content.size()));
  }
  answer.headers.emplace_back("Content-Length", absl::StrCat(length));
  answer.body = content.substr(first, length);
  return answer;
}

WireAnswer HostileHosts::ServeUpload(const http::Request& request,
                                     Registry& registry,
                                     const std::string& path,
                                     const std::string& query,
                                     const std::string& body) {
  const std::string digest = Parameter(query, "digest");
  if (request.method == "POST") {
    const std::string mount = Parameter(query, "mount");
    if (!mount.empty() && registry.blobs.contains(mount)) return Status(201);
    const std::string id = absl::StrCat("u", registry.uploads.size() + 1);
    registry.uploads[id] = "";
    WireAnswer answer = Status(202);
    answer.headers.emplace_back("Location", absl::StrCat(path, id));
    answer.headers.emplace_back("Docker-Upload-UUID", id);
    answer.headers.emplace_back("Range", "0-0");
    return answer;
  }
  const auto upload = registry.uploads.find(path.substr(path.rfind('/') + 1));
  if (upload == registry.uploads.end()) {
    return Error(404, "BLOB_UPLOAD_UNKNOWN");
  }
  upload->second += body;
  WireAnswer answer = Status(request.method == "PUT" ? 201 : 202);
  answer.headers.emplace_back("Location", path);
  answer.headers.emplace_back(
      "Range",
      absl::StrCat("0-", std::max<size_t>(upload->second.size(), 1) - 1));
  if (request.method == "GET") {
    answer.status = 204;
  } else if (request.method == "DELETE") {
    registry.uploads.erase(upload);
    answer.status = 204;
  } else if (request.method == "PUT") {
    const std::string content = std::move(upload->second);
    registry.uploads.erase(upload);
    if (Sha256Of(content).ToString() != digest) {
      return Error(400, "DIGEST_INVALID");
    }
    registry.blobs[digest] = content;
    answer.headers.emplace_back("Docker-Content-Digest", digest);
  }
  return answer;
}

WireAnswer HostileHosts::Serve(const http::Request& request,
                               const std::string& host, const std::string& path,
                               const std::string& query,
                               const std::string& body) {
  if (const auto file = files_.find(absl::StrCat("https://", host, path));
      file != files_.end()) {
    WireAnswer answer = ServeContent(request, file->second);
    answer.headers.emplace_back(
        "ETag",
        absl::StrCat("\"", Sha256Of(file->second).hex().substr(0, 16), "\""));
    return answer;
  }
  if (path == "/token") {
    WireAnswer answer;
    answer.body = R"({"token":"abc","expires_in":300})";
    return answer;
  }
  if (!path.starts_with("/v2/")) return Status(404);
  if (tokens_ &&
      HeaderIn(request.credentials, "Authorization") != "Bearer abc") {
    WireAnswer answer = Error(401, "UNAUTHORIZED");
    answer.headers.emplace_back("WWW-Authenticate",
                                absl::StrCat("Bearer realm=\"https://", host,
                                             "/token\",service=\"registry\""));
    return answer;
  }
  Registry& registry = registries_[host];
  const std::string rest = path.substr(4);
  if (rest.empty()) return Status(200);
  if (rest.find("/blobs/uploads/") != std::string::npos) {
    return ServeUpload(request, registry, path, query, body);
  }
  if (const size_t at = rest.find("/blobs/"); at != std::string::npos) {
    const std::string digest = rest.substr(at + 7);
    const auto blob = registry.blobs.find(digest);
    if (blob == registry.blobs.end()) return Error(404, "BLOB_UNKNOWN");
    WireAnswer answer = ServeContent(request, blob->second);
    answer.headers.emplace_back("Docker-Content-Digest", digest);
    return answer;
  }
  const size_t at = rest.find("/manifests/");
  if (at == std::string::npos) return Status(404);
  const std::string repository = rest.substr(0, at);
  const std::string name = rest.substr(at + 11);
  if (request.method == "PUT") {
    const std::string digest = Sha256Of(body).ToString();
    const std::string type = HeaderIn(request.headers, "Content-Type");
    registry.manifests[Concat(repository, ":", name)] = {type, body};
    registry.manifests[Concat(repository, ":", digest)] = {type, body};
    WireAnswer answer = Status(201);
    answer.headers.emplace_back("Docker-Content-Digest", digest);
    answer.headers.emplace_back("Location", path);
    return answer;
  }
  const auto manifest = registry.manifests.find(Concat(repository, ":", name));
  if (manifest == registry.manifests.end()) {
    return Error(404, "MANIFEST_UNKNOWN");
  }
  const auto& [type, content] = manifest->second;
  WireAnswer answer;
  answer.body = content;
  answer.headers = {{"Content-Type", type},
                    {"Content-Length", absl::StrCat(content.size())},
                    {"Docker-Content-Digest", Sha256Of(content).ToString()}};
  return answer;
}

absl::StatusOr<WireAnswer> HostileHosts::Answer(const http::Request& request) {
  if (request.transfer.stop.stop_requested()) {
    return absl::CancelledError("cancelled");
  }
  // The body is read without the lock, since it may come from another transfer.
  KSO_ASSIGN_OR_RETURN(const std::string body, BodyOf(request));
  std::string rest = request.url;
  for (const char* scheme : {"https://", "http://"}) {
    if (rest.starts_with(scheme)) rest = rest.substr(strlen(scheme));
  }
  const std::string host = rest.substr(0, rest.find('/'));
  std::string path = rest.substr(host.size());
  std::string query;
  if (const size_t mark = path.find('?'); mark != std::string::npos) {
    query = path.substr(mark + 1);
    path.resize(mark);
  }
  absl::MutexLock lock(&mutex_);
  ++requests_;
  WireAnswer answer = Serve(request, host, path, query, body);
  const std::string what = Concat(request.method, " ", request.url);
  const int times = ++asked_[what];
  Dice dice(seed_ ^ HashOf(absl::StrCat(what, "#", sticky_ ? 1 : times)));
  if (dice.Chance(hostility_[host])) SpoilAnswer(dice, answer);
  if (answer.status == 0) {
    return absl::UnavailableError("Received HTTP/0.9: caf\xe9");
  }
  if (answer.status >= 300 && answer.status < 400 &&
      request.max_redirects > 0 && answer.status != 304) {
    // Nobody is at the places that hostile answers redirect to.
    return absl::UnavailableError("cannot reach where it redirects to");
  }
  return answer;
}

absl::StatusOr<http::Response> HostileHosts::Perform(
    const http::Request& request, size_t max_body) {
  KSO_ASSIGN_OR_RETURN(const WireAnswer answer, Answer(request));
  if (!answer.broken.ok()) return answer.broken;
  http::Response response = ResponseOf(request, answer);
  if (request.method == "HEAD") return response;
  const bool good = answer.status >= 200 && answer.status < 300;
  if (good && (answer.endless || answer.body.size() > max_body)) {
    return absl::ResourceExhaustedError("the body is too large");
  }
  response.body = answer.body.substr(0, good ? max_body : kLargestErrorBody);
  return response;
}

absl::StatusOr<http::Response> HostileHosts::Download(
    const http::Request& request, ByteSink& sink, OnResponse on_response) {
  KSO_ASSIGN_OR_RETURN(const WireAnswer answer, Answer(request));
  http::Response response = ResponseOf(request, answer);
  if (answer.status < 200 || answer.status >= 300) {
    if (!answer.broken.ok()) return answer.broken;
    response.body = answer.body.substr(0, kLargestErrorBody);
    return response;
  }
  if (on_response) KSO_RETURN_IF_ERROR(on_response(response));
  int64_t sent = 0;
  do {
    if (request.transfer.stop.stop_requested()) {
      return absl::CancelledError("cancelled");
    }
    KSO_RETURN_IF_ERROR(sink.Write(answer.body));
    sent += static_cast<int64_t>(answer.body.size());
    if (sent > kForEver) {
      absl::MutexLock lock(&mutex_);
      for_ever_ = true;
      return absl::UnavailableError("it went on for ever");
    }
  } while (answer.endless);
  if (!answer.broken.ok()) return answer.broken;
  return response;
}

}  // namespace kso::testing
