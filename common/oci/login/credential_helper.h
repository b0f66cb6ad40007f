// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_LOGIN_CREDENTIAL_HELPER_H_
#define KSO_COMMON_OCI_LOGIN_CREDENTIAL_HELPER_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/oci/login/login.h"

namespace kso::oci {

// Asks the program docker-credential-NAME on PATH for the login of `server`
// ("quay.io", "https://index.docker.io/v1/"), by the protocol of Docker's
// credential helpers: the verb "get", the server on standard input, JSON with
// Username and Secret on standard output. Nothing when it knows none.
// INVALID_ARGUMENT for a name that cannot be a program's, FAILED_PRECONDITION
// when the program is missing, fails, takes longer than `timeout`, or says what
// cannot be read. What it says is in no message: it may be a secret. May be
// called from any thread; blocks.
absl::StatusOr<std::optional<Login>> AskCredentialHelper(
    const std::string& name, const std::string& server,
    absl::Duration timeout = absl::Seconds(20));

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_LOGIN_CREDENTIAL_HELPER_H_
