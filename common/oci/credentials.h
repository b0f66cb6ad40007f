// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_CREDENTIALS_H_
#define KSO_COMMON_OCI_CREDENTIALS_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/oci/login.h"

namespace kso::oci {

// The logins that `docker login` or `skopeo login` left on this machine
// (containers-auth.json(5)), or with the helper programs that they name. Safe
// from any thread. Never logged.
class Credentials {
 public:
  // There are no logins.
  Credentials() = default;

  // Reads $REGISTRY_AUTH_FILE, else the first that exists of
  // $XDG_RUNTIME_DIR/containers/auth.json (/run/containers/UID/auth.json where
  // that is not set), ~/.config/containers/auth.json,
  // $DOCKER_CONFIG/config.json (~/.docker/config.json where that is not set).
  // No file is no error.
  static absl::StatusOr<Credentials> FromEnvironment();
  static absl::StatusOr<Credentials> FromJson(std::string_view content);

  // The most specific login for "HOST/REPOSITORY": an entry may name a host or
  // a namespace under it. A host with a helper of its own (`credHelpers`) is
  // asked for there; where there is no entry, the helper for all (`credsStore`)
  // is asked. What a helper says is remembered for a few minutes. The errors of
  // AskCredentialHelper.
  absl::StatusOr<std::optional<Login>> Find(std::string_view host,
                                            std::string_view repository) const;

 private:
  class HelperAnswers;

  std::optional<Login> FindEntry(const std::string& registry,
                                 std::string_view repository) const;

  std::map<std::string, Login, std::less<>> logins_;
  // By registry; the empty one is for all others.
  std::map<std::string, std::string, std::less<>> helpers_;
  std::shared_ptr<HelperAnswers> answers_;
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_CREDENTIALS_H_
