// SPDX-License-Identifier: Apache-2.0
#include "common/oci/credentials.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/base/json.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/credential_helper.h"

namespace kso::oci {
namespace {

constexpr size_t kLargestFile = 4 << 20;
// Helpers give out logins that last, or tokens that last for hours.
constexpr absl::Duration kHelperAnswerLasts = absl::Minutes(5);
// Docker's name for "docker.io".
constexpr char kDockerHubKey[] = "https://index.docker.io/v1/";

// Docker Hub has several names, which are one registry.
std::string CanonicalHost(std::string_view host) {
  if (host == "index.docker.io" || host == "registry-1.docker.io") {
    return "docker.io";
  }
  return std::string(host);
}

// The host or namespace that an entry is for: "https://index.docker.io/v1/" is
// how Docker writes "docker.io".
std::string CanonicalKey(absl::string_view key) {
  absl::ConsumePrefix(&key, "https://") || absl::ConsumePrefix(&key, "http://");
  while (absl::ConsumeSuffix(&key, "/")) {
  }
  absl::ConsumeSuffix(&key, "/v1") || absl::ConsumeSuffix(&key, "/v2");
  const std::string_view rest = ToStd(key);
  const size_t slash = rest.find('/');
  return Concat(CanonicalHost(rest.substr(0, slash)),
                slash == std::string_view::npos ? "" : rest.substr(slash));
}

absl::StatusOr<Login> LoginOf(const Json& entry, std::string_view key) {
  Login login;
  login.username = StringOf(entry, "username");
  login.password = StringOf(entry, "password");
  login.identity_token = StringOf(entry, "identitytoken");
  const std::string auth = StringOf(entry, "auth");
  if (auth.empty()) return login;
  std::string plain;
  const bool decoded = absl::Base64Unescape(auth, &plain);
  const size_t colon = plain.find(':');
  if (!decoded || colon == std::string::npos) {
    return absl::InvalidArgumentError(
        Concat("the login for ", key,
               " cannot be read: log in again, for example with `skopeo "
               "login`"));
  }
  login.username = plain.substr(0, colon);
  login.password = plain.substr(colon + 1);
  while (!login.password.empty() && login.password.back() == '\0') {
    login.password.pop_back();
  }
  return login;
}

std::vector<std::filesystem::path> CandidateFiles() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  if (const auto file = variable("REGISTRY_AUTH_FILE"); !file.empty()) {
    return {file};
  }
  std::vector<std::filesystem::path> files;
  if (const auto run = variable("XDG_RUNTIME_DIR"); !run.empty()) {
    files.push_back(run / "containers/auth.json");
  } else {
    files.push_back(Concat("/run/containers/", getuid(), "/auth.json"));
  }
  const auto home = variable("HOME");
  if (!home.empty()) files.push_back(home / ".config/containers/auth.json");
  if (const auto docker = variable("DOCKER_CONFIG"); !docker.empty()) {
    files.push_back(docker / "config.json");
  } else if (!home.empty()) {
    files.push_back(home / ".docker/config.json");
  }
  return files;
}

absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content(kLargestFile + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file.is_open() || file.bad()) {
    return absl::PermissionDeniedError(
        Concat("cannot read the logins in ", path.string()));
  }
  content.resize(static_cast<size_t>(file.gcount()));
  if (content.size() > kLargestFile) {
    return absl::InvalidArgumentError(
        Concat(path.string(), " is too large to be a file of logins"));
  }
  return content;
}

}  // namespace

// The answers of helpers. Callers that come while a helper is asked wait for
// its answer. Thread safe.
class Credentials::HelperAnswers {
 public:
  absl::StatusOr<std::optional<Login>> Get(const std::string& helper,
                                           const std::string& server) {
    absl::MutexLock lock(&mutex_);
    const auto known = answers_.find({helper, server});
    if (known != answers_.end() && absl::Now() < known->second.ask_again_at) {
      return known->second.login;
    }
    KSO_ASSIGN_OR_RETURN(std::optional<Login> login,
                         AskCredentialHelper(helper, server));
    answers_.insert_or_assign({helper, server},
                              Answer{login, absl::Now() + kHelperAnswerLasts});
    return login;
  }

 private:
  struct Answer {
    std::optional<Login> login;
    absl::Time ask_again_at;
  };

  absl::Mutex mutex_;
  // By helper and server.
  std::map<std::pair<std::string, std::string>, Answer> answers_
      ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<Credentials> Credentials::FromEnvironment() {
  for (const std::filesystem::path& path : CandidateFiles()) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) continue;
    KSO_ASSIGN_OR_RETURN(const std::string content, ReadFile(path));
    absl::StatusOr<Credentials> credentials = FromJson(content);
    if (!credentials.ok()) {
      return absl::Status(
          credentials.status().code(),
          Concat(path.string(), ": ", credentials.status().message()));
    }
    return credentials;
  }
  return Credentials();
}

absl::StatusOr<Credentials> Credentials::FromJson(std::string_view content) {
  // An error tells the place of what is wrong, never its text: a file of
  // logins holds secrets.
  KSO_ASSIGN_OR_RETURN(const Json json, ParseJson(content));
  if (!json.is_object()) {
    return absl::InvalidArgumentError("it is not a JSON object");
  }
  Credentials credentials;
  credentials.answers_ = std::make_shared<HelperAnswers>();
  if (const std::string store = StringOf(json, "credsStore"); !store.empty()) {
    credentials.helpers_[""] = store;
  }
  if (const auto helpers = json.find("credHelpers");
      helpers != json.end() && helpers->is_object()) {
    for (const auto& [key, helper] : helpers->items()) {
      if (!helper.is_string()) continue;
      credentials.helpers_[CanonicalKey(key)] = helper.get<std::string>();
    }
  }
  const auto auths = json.find("auths");
  if (auths == json.end() || !auths->is_object()) return credentials;
  for (const auto& [key, entry] : auths->items()) {
    if (!entry.is_object()) continue;
    KSO_ASSIGN_OR_RETURN(Login login, LoginOf(entry, key));
    // Docker leaves an empty entry where a helper program keeps the login.
    if (login.username.empty() && login.identity_token.empty()) continue;
    credentials.logins_[CanonicalKey(key)] = std::move(login);
  }
  return credentials;
}

std::optional<Login> Credentials::FindEntry(const std::string& registry,
                                            std::string_view repository) const {
  std::string key = Concat(registry, "/", repository);
  while (true) {
    if (const auto found = logins_.find(key); found != logins_.end()) {
      return found->second;
    }
    const size_t slash = key.rfind('/');
    if (slash == std::string::npos) return std::nullopt;
    key.resize(slash);
  }
}

absl::StatusOr<std::optional<Login>> Credentials::Find(
    std::string_view host, std::string_view repository) const {
  const std::string registry = CanonicalHost(host);
  auto helper = helpers_.find(registry);
  if (helper == helpers_.end()) {
    if (auto login = FindEntry(registry, repository)) return login;
    helper = helpers_.find("");
  }
  if (helper == helpers_.end()) return std::nullopt;
  return answers_->Get(helper->second, registry == "docker.io"
                                           ? std::string(kDockerHubKey)
                                           : registry);
}

}  // namespace kso::oci
