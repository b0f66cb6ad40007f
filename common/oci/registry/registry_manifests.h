// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REGISTRY_REGISTRY_MANIFESTS_H_
#define KSO_COMMON_OCI_REGISTRY_REGISTRY_MANIFESTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/oci/registry/registry_session.h"
#include "kso/v1/types.pb.h"

namespace kso::oci {

// Manifests and indexes over a registry's API, as ImageStore promises. The
// caller has checked `repository` and `reference`, which is a tag or a digest.

absl::StatusOr<v1::Descriptor> HeadManifest(RegistrySession& session,
                                            const std::string& repository,
                                            const std::string& reference);

absl::StatusOr<v1::Document> GetManifest(RegistrySession& session,
                                         const std::string& repository,
                                         const std::string& reference);

absl::Status PutManifest(RegistrySession& session,
                         const std::string& repository,
                         const std::string& reference,
                         const v1::Document& manifest);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_REGISTRY_MANIFESTS_H_
