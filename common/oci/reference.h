// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REFERENCE_H_
#define KSO_COMMON_OCI_REFERENCE_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/bytes/digest.h"
#include "common/oci/grammar.h"  // IWYU pragma: export

namespace kso::oci {

// A checked image reference, HOST[:PORT]/PATH[:TAG][@DIGEST], by the grammar of
// github.com/distribution/reference. Safe in URLs and paths.
struct Reference {
  // "registry.k8s.io", "127.0.0.1:5000". "docker.io" stays as it is: see
  // RegistryHost.
  std::string host;
  // "library/nginx".
  std::string path;
  // Empty when the reference has none.
  std::string tag;
  std::optional<Digest> digest;

  // Accepts what Docker accepts and normalizes it: "nginx" becomes
  // docker.io/library/nginx; with neither tag nor digest the tag is "latest".
  // INVALID_ARGUMENT says what is wrong with it.
  static absl::StatusOr<Reference> Parse(std::string_view text);

  // "docker.io/library/nginx".
  std::string Name() const;
  // The whole reference, normalized.
  std::string ToString() const;
  // The name to ask a registry for: the digest if there is one, else the tag.
  std::string Identifier() const;
};

// The name under which a registry's host is known: in lowercase, and Docker
// Hub's other names ("index.docker.io", "registry-1.docker.io",
// "registry.hub.docker.com") as "docker.io".
std::string CanonicalRegistryHost(std::string_view host);

// The host that serves `host`'s registry API: "docker.io" is served by
// "registry-1.docker.io", every other by itself.
std::string RegistryHost(std::string_view host);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REFERENCE_H_
