// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_BASE_IMAGE_H_
#define KSO_TESTS_UPSTREAM_BASE_IMAGE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "tests/upstream/catalog.h"
#include "tests/upstream/object_store.h"

namespace kso::upstream {

// The two bases, of the archives that make-bases left in `directory`.
// nginx becomes a Docker manifest list, the registry an OCI index. The image
// config of a registry other than Debian's is in `directory`/registry.json.
absl::Status AddNginxBase(const ObjectStore& store,
                          const std::string& directory,
                          std::string_view reference, Catalog& catalog);
absl::Status AddRegistryBase(const ObjectStore& store,
                             const std::string& directory,
                             std::string_view reference, Catalog& catalog);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_BASE_IMAGE_H_
