// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_LOGIN_LOGIN_H_
#define KSO_COMMON_OCI_LOGIN_LOGIN_H_

#include <string>

namespace kso::oci {

// The account that asks a registry. Never logged.
struct Login {
  std::string username;
  std::string password;
  // An identity token (OAuth2 refresh token) instead of a password.
  std::string identity_token;
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_LOGIN_LOGIN_H_
