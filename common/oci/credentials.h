#ifndef KSO_COMMON_OCI_CREDENTIALS_H_
#define KSO_COMMON_OCI_CREDENTIALS_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace kso::oci {

struct Login {
  std::string username;
  std::string password;
  // An identity token (OAuth2 refresh token) instead of a password.
  std::string identity_token;
};

// The logins that `docker login` or `skopeo login` left on this machine
// (containers-auth.json(5)). Immutable, so safe from any thread. Never logged.
class Credentials {
 public:
  // Nobody is known.
  Credentials() = default;

  // Reads $REGISTRY_AUTH_FILE, else the first that exists of
  // $XDG_RUNTIME_DIR/containers/auth.json (/run/containers/UID/auth.json where
  // that is not set), ~/.config/containers/auth.json,
  // $DOCKER_CONFIG/config.json (~/.docker/config.json where that is not set).
  // No file is no error. Helper programs are not asked.
  static absl::StatusOr<Credentials> FromEnvironment();
  static absl::StatusOr<Credentials> FromJson(std::string_view content);

  // The most specific login for "HOST/REPOSITORY": an entry may name a host or
  // a namespace under it.
  std::optional<Login> Find(std::string_view host,
                            std::string_view repository) const;

 private:
  std::map<std::string, Login, std::less<>> logins_;
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_CREDENTIALS_H_
