// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_MAKE_CATALOG_H_
#define KSO_TESTS_UPSTREAM_MAKE_CATALOG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/upstream/catalog.h"
#include "tests/upstream/object_store.h"
#include "tests/upstream/release.h"

namespace kso::upstream {

// How large the stand-in's content is, and what is left out.
struct CatalogOptions {
  // 1 is the size of the real thing, some 10 GB.
  double size_factor = 0.002;
  // The directory that make-bases wrote to; empty makes up the bases too, which
  // do not run.
  std::string bases;
  // Images that lack a platform: "docker.io/library/nginx:1=linux/arm64".
  std::vector<std::string> dropped_platforms;
  // Progress goes to standard error.
  bool verbose = false;
};

// Makes what does not exist yet, on all processors.
absl::StatusOr<Catalog> MakeCatalog(const ObjectStore& store,
                                    const Release& release,
                                    const CatalogOptions& options);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_MAKE_CATALOG_H_
