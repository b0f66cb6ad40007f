// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_LOGIN_CREDENTIALS_H_
#define KSO_COMMON_OCI_LOGIN_CREDENTIALS_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/oci/login/login.h"

namespace kso::oci {

// The logins that `docker login` or `skopeo login` left on this machine
// (containers-auth.json(5)), or with the helper programs that they name. Safe
// from any thread. Never logged.
class Credentials {
 public:
  // There are no logins.
  Credentials() = default;

  // Hears of a helper in trouble, once for each.
  using Warn = std::function<void(const std::string& trouble)>;

  // Reads $REGISTRY_AUTH_FILE; where that is not set, as podman and docker do,
  // all that exist of $XDG_RUNTIME_DIR/containers/auth.json
  // (/run/containers/UID/auth.json where that is not set),
  // ~/.config/containers/auth.json, $DOCKER_CONFIG/config.json
  // (~/.docker/config.json where that is not set). No file is no error, nor is
  // an empty one; one that cannot be read is named.
  static absl::StatusOr<Credentials> FromEnvironment(Warn warn = {});
  static absl::StatusOr<Credentials> FromJson(std::string_view content);

  // The login for "HOST/REPOSITORY" of the first file that has one. In a file,
  // the most specific entry counts: it may name a host or a namespace under it.
  // A host with a helper of its own (`credHelpers`) is asked for there; where
  // there is no entry, the helper for all (`credsStore`) is asked. What a
  // helper says is remembered for a few minutes. The errors of
  // AskCredentialHelper, where no other file has a login.
  absl::StatusOr<std::optional<Login>> Find(std::string_view host,
                                            std::string_view repository) const;

 private:
  class HelperAnswers;

  // The entries of one file.
  struct File {
    std::map<std::string, Login, std::less<>> logins;
    // By registry; the empty one is for all others.
    std::map<std::string, std::string, std::less<>> helpers;
  };

  static absl::StatusOr<File> ParseFile(std::string_view content);
  static std::optional<Login> FindEntry(const File& file,
                                        const std::string& registry,
                                        std::string_view repository);
  absl::StatusOr<std::optional<Login>> FindIn(
      const File& file, const std::string& registry,
      std::string_view repository) const;

  std::vector<File> files_;
  std::shared_ptr<HelperAnswers> answers_;
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_LOGIN_CREDENTIALS_H_
