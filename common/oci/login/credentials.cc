// SPDX-License-Identifier: Apache-2.0
#include "common/oci/login/credentials.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/login/credential_helper.h"
#include "common/oci/reference.h"
#include "common/text/json.h"

namespace kso::oci {
namespace {

constexpr size_t kLargestFile = 4 << 20;
// Helpers give out logins that last, or tokens that last for hours.
constexpr absl::Duration kHelperAnswerLasts = absl::Minutes(5);
// A helper that fails is not asked for each request, and may be unlocked.
constexpr absl::Duration kHelperTroubleLasts = absl::Minutes(1);
// Docker's name for "docker.io".
constexpr char kDockerHubKey[] = "https://index.docker.io/v1/";

// The host or namespace that an entry is for: "https://index.docker.io/v1/" is
// how Docker writes "docker.io".
std::string CanonicalKey(absl::string_view key) {
  absl::ConsumePrefix(&key, "https://") || absl::ConsumePrefix(&key, "http://");
  while (absl::ConsumeSuffix(&key, "/")) {
  }
  absl::ConsumeSuffix(&key, "/v1") || absl::ConsumeSuffix(&key, "/v2");
  const std::string_view rest = ToStd(key);
  const size_t slash = rest.find('/');
  return Concat(CanonicalRegistryHost(rest.substr(0, slash)),
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
  explicit HelperAnswers(Warn warn) : warn_(std::move(warn)) {}

  absl::StatusOr<std::optional<Login>> Get(const std::string& helper,
                                           const std::string& server) {
    absl::MutexLock lock(&mutex_);
    const auto known = answers_.find({helper, server});
    if (known != answers_.end() && absl::Now() < known->second.ask_again_at) {
      return known->second.login;
    }
    absl::StatusOr<std::optional<Login>> login =
        AskCredentialHelper(helper, server);
    if (!login.ok() && warn_ && warned_.insert(helper).second) {
      warn_(std::string(login.status().message()));
    }
    const absl::Duration lasts =
        login.ok() ? kHelperAnswerLasts : kHelperTroubleLasts;
    answers_.insert_or_assign({helper, server},
                              Answer{login, absl::Now() + lasts});
    return login;
  }

 private:
  struct Answer {
    absl::StatusOr<std::optional<Login>> login;
    absl::Time ask_again_at;
  };

  const Warn warn_;
  absl::Mutex mutex_;
  // The helpers whose trouble was told.
  std::set<std::string> warned_ ABSL_GUARDED_BY(mutex_);
  // By helper and server.
  std::map<std::pair<std::string, std::string>, Answer> answers_
      ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<Credentials> Credentials::FromEnvironment(Warn warn) {
  Credentials credentials;
  credentials.answers_ = std::make_shared<HelperAnswers>(std::move(warn));
  for (const std::filesystem::path& path : CandidateFiles()) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) continue;
    KSO_ASSIGN_OR_RETURN(const std::string content, ReadFile(path));
    absl::StatusOr<File> file = ParseFile(content);
    if (!file.ok()) {
      return absl::Status(file.status().code(),
                          Concat(path.string(), ": ", file.status().message()));
    }
    credentials.files_.push_back(*std::move(file));
  }
  return credentials;
}

absl::StatusOr<Credentials> Credentials::FromJson(std::string_view content) {
  Credentials credentials;
  credentials.answers_ = std::make_shared<HelperAnswers>(nullptr);
  KSO_ASSIGN_OR_RETURN(credentials.files_.emplace_back(), ParseFile(content));
  return credentials;
}

absl::StatusOr<Credentials::File> Credentials::ParseFile(
    std::string_view content) {
  File file;
  // An empty file is what a mount of none, or a disk that was full, leaves.
  if (absl::StripAsciiWhitespace(ToAbsl(content)).empty()) return file;
  // An error tells the place of what is wrong, never its text: a file of
  // logins holds secrets.
  KSO_ASSIGN_OR_RETURN(const Json json, ParseJson(content));
  if (!json.is_object()) {
    return absl::InvalidArgumentError("it is not a JSON object");
  }
  if (const std::string store = StringOf(json, "credsStore"); !store.empty()) {
    file.helpers[""] = store;
  }
  if (const auto helpers = json.find("credHelpers");
      helpers != json.end() && helpers->is_object()) {
    for (const auto& [key, helper] : helpers->items()) {
      if (!helper.is_string()) continue;
      file.helpers[CanonicalKey(key)] = helper.get<std::string>();
    }
  }
  const auto auths = json.find("auths");
  if (auths == json.end() || !auths->is_object()) return file;
  for (const auto& [key, entry] : auths->items()) {
    if (!entry.is_object()) continue;
    KSO_ASSIGN_OR_RETURN(Login login, LoginOf(entry, key));
    // Docker leaves an empty entry where a helper program keeps the login.
    if (login.username.empty() && login.identity_token.empty()) continue;
    file.logins[CanonicalKey(key)] = std::move(login);
  }
  return file;
}

std::optional<Login> Credentials::FindEntry(const File& file,
                                            const std::string& registry,
                                            std::string_view repository) {
  std::string key = Concat(registry, "/", repository);
  while (true) {
    if (const auto found = file.logins.find(key); found != file.logins.end()) {
      return found->second;
    }
    const size_t slash = key.rfind('/');
    if (slash == std::string::npos) return std::nullopt;
    key.resize(slash);
  }
}

absl::StatusOr<std::optional<Login>> Credentials::FindIn(
    const File& file, const std::string& registry,
    std::string_view repository) const {
  auto helper = file.helpers.find(registry);
  if (helper == file.helpers.end()) {
    if (auto login = FindEntry(file, registry, repository)) return login;
    helper = file.helpers.find("");
  }
  if (helper == file.helpers.end()) return std::nullopt;
  return answers_->Get(helper->second, registry == "docker.io"
                                           ? std::string(kDockerHubKey)
                                           : registry);
}

absl::StatusOr<std::optional<Login>> Credentials::Find(
    std::string_view host, std::string_view repository) const {
  const std::string registry = CanonicalRegistryHost(host);
  absl::Status trouble;
  for (const File& file : files_) {
    absl::StatusOr<std::optional<Login>> login =
        FindIn(file, registry, repository);
    if (login.ok() && login->has_value()) return login;
    trouble.Update(login.status());
  }
  if (!trouble.ok()) return trouble;
  return std::nullopt;
}

}  // namespace kso::oci
