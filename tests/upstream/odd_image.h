// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_ODD_IMAGE_H_
#define KSO_TESTS_UPSTREAM_ODD_IMAGE_H_

#include <string>

#include "absl/status/status.h"
#include "tests/upstream/catalog.h"
#include "tests/upstream/object_store.h"

namespace kso::upstream {

// Makes an image of the catalog odd, as `text` says, REFERENCE=KIND. All
// digests are right; what the documents say is
//
//   schema1        a manifest of Docker's first schema
//   no-platform    an index whose entries have no `platform`
//   v2-first       linux/amd64/v2 listed before plain linux/amd64
//   child-size     an index that has other sizes of its manifests
//   child-type     an index that has other types of its manifests
//   huge-layer     layers of 2^62 bytes
//   nested-config  configs with 200,000 brackets inside each other
//   twice          manifests with a key twice
//   big            an index and manifests of 3.9 MiB each
//   swapped        configs of another architecture than their index says
//   byte-mark      manifests that begin with a byte order mark
//   nul-end        manifests with a NUL and more after their end
//   odd-note       manifests with an annotation that is a number
//   inner-index    an index that lists the image's index alone
//   deep-index     the same, three times over
absl::Status MakeOdd(const ObjectStore& store, const std::string& text,
                     Catalog& catalog);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_ODD_IMAGE_H_
