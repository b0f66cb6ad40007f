// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REGISTRY_REGISTRY_CLIENT_H_
#define KSO_COMMON_OCI_REGISTRY_REGISTRY_CLIENT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/http/transport.h"
#include "common/oci/image_store.h"
#include "common/oci/login/credentials.h"
#include "common/oci/registry/registry_options.h"
#include "common/run/clock.h"

namespace kso::oci {

// One registry over the OCI distribution API (distribution-spec 1.1), with the
// Docker token protocol or basic authentication. Tokens are cached by scope and
// renewed when they expire or are refused. `transport`, `clock` and
// `credentials` must outlive it.
absl::StatusOr<std::unique_ptr<ImageStore>> CreateRegistryClient(
    const RegistryOptions& options, http::Transport* transport, Clock* clock,
    const Credentials* credentials);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_REGISTRY_CLIENT_H_
