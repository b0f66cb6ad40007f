// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REGISTRY_REGISTRY_CATALOG_H_
#define KSO_COMMON_OCI_REGISTRY_REGISTRY_CATALOG_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/bytes/digest.h"
#include "common/oci/referrers.h"
#include "common/oci/registry/registry_session.h"

namespace kso::oci {

// The content of a repository, and its deletion, over a registry's API (OCI
// distribution spec 1.1, "Listing Tags", "Listing Referrers" and "Deleting
// Manifests"), as ImageStore promises. The caller has checked `repository` and
// `reference`, which is a tag or a digest.

// INVALID_ARGUMENT for tags that are none, an answer that is no list, and a
// list without end.
absl::StatusOr<std::vector<std::string>> ListTags(
    RegistrySession& session, const std::string& repository);

// INVALID_ARGUMENT for a list without end, DATA_LOSS for one that cannot be
// read.
absl::StatusOr<std::vector<Referrer>> ListReferrers(
    RegistrySession& session, const std::string& repository,
    const Digest& digest, std::string_view artifact_type);

absl::Status DeleteManifest(RegistrySession& session,
                            const std::string& repository,
                            const std::string& reference);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_REGISTRY_CATALOG_H_
