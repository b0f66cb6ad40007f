// SPDX-License-Identifier: Apache-2.0
#include "common/release/served_repository.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "common/base/strings.h"
#include "common/site.h"

namespace kso::release {

std::string ServedRepository(const oci::Reference& reference, bool keep_host) {
  if (!keep_host) return Concat(site::kPrefix, reference.path);
  // A repository has no capital letters (distribution specification, "Pulling
  // manifests"); a host may.
  std::string host = absl::AsciiStrToLower(reference.host);
  std::replace(host.begin(), host.end(), ':', '-');
  return Concat(site::kPrefix, host, "/", reference.path);
}

}  // namespace kso::release
