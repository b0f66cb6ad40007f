// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REGISTRY_REGISTRY_ERROR_H_
#define KSO_COMMON_OCI_REGISTRY_REGISTRY_ERROR_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/http/transport.h"
#include "common/text/secrets.h"

namespace kso::oci {

// Makes the error that an answer with an unwanted status stands for, in the
// codes of image_store.h. `what` is what was asked ("pushing blob sha256:... to
// team/kubespray-files"), `host` the registry. The errors that the registry
// itself names (distribution-spec 1.1, "Error Codes") are part of the message,
// to a bound and without `secrets`; its Retry-After travels along
// (status_notes.h). An answer 401 or
// 403 is a denial.
absl::Status RegistryError(const http::Response& response,
                           std::string_view what, std::string_view host,
                           absl::Time now, const Secrets& secrets);

// Returns whether an answer with that status is a denial (access.h).
bool IsDenialStatus(int status);

// The codes of the errors that the registry names, in their order: "DENIED".
std::vector<std::string> ErrorCodes(const http::Response& response);

// A denial that also tells why this machine had no login to show, if it is one
// and there is such a `trouble`.
absl::Status WithTrouble(const absl::Status& status, std::string_view trouble);

// Translates a transport's error to the codes of image_store.h, with `what`
// before it.
absl::Status TransportError(const absl::Status& status, std::string_view what);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_REGISTRY_ERROR_H_
