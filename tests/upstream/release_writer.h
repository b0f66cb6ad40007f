// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_RELEASE_WRITER_H_
#define KSO_TESTS_UPSTREAM_RELEASE_WRITER_H_

#include <string>

#include "absl/status/status.h"
#include "tests/upstream/catalog.h"
#include "tests/upstream/release.h"

namespace kso::upstream {

// Writes `release` again into `directory`, for an upstream at `main_address`
// (HOST:PORT): the same lists, the stand-in's own checksums, mirrors for every
// host of the lists, and `destination`. Also writes what a correct farm must
// deliver:
//   expected-files.txt    HEX  SIZE  URL
//   expected-images.txt   sha256:DIGEST  REFERENCE  PLATFORM,PLATFORM
// Three of the URLs get no checksum, as with the real release.
absl::Status WriteRelease(const Release& release, const Catalog& catalog,
                          const std::string& main_address,
                          const std::string& destination,
                          const std::string& directory);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_RELEASE_WRITER_H_
