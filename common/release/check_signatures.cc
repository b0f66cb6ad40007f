// SPDX-License-Identifier: Apache-2.0
#include "common/release/check_signatures.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/strings.h"
#include "common/oci/reference.h"
#include "common/pki/certificate.h"
#include "common/pki/signer.h"
#include "common/release/image_patterns.h"

namespace kso::release {
namespace {

bool MatchesAny(const std::string& pattern, const v1::Release& release) {
  return std::any_of(
      release.images().begin(), release.images().end(),
      [&](const v1::ImageRequest& image) {
        const auto reference = oci::Reference::Parse(image.reference());
        return reference.ok() && MatchesImage(pattern, *reference);
      });
}

// An identity is worth what its issuer, its authority and the log are.
template <typename Add>
void CheckIdentity(const v1::SignatureTrust& trust, const Add& add) {
  if (trust.issuer().empty()) {
    add("has an identity without an issuer",
        "write issuer: URL, as the certificates of the identity have it");
  }
  if (!pki::ReadCertificates(trust.roots()).ok()) {
    add("has an identity without roots",
        "write roots: FILE, the authority's root certificates in PEM");
  }
  if (!pki::PublicKeyName(trust.log_key()).ok()) {
    add("has an identity without the key of a transparency log",
        "write logKey: FILE, the log's public key in PEM");
  }
}

}  // namespace

void CheckSignatureRules(const v1::Release& release,
                         std::vector<Problem>& problems) {
  const v1::UpstreamSignatures& policy = release.upstream_signatures();
  for (int i = 0; i < policy.trust_size(); ++i) {
    const v1::SignatureTrust& trust = policy.trust(i);
    const auto add = [&](std::string reason, std::string advice) {
      problems.push_back(
          {Field::kSignatureTrust,
           i,
           "images.signatures.trust",
           {Concat("'images.signatures.trust' ", reason), std::move(advice)}});
    };
    if (trust.images().empty()) {
      add("names no images", "write images: [\"HOST/PATH/*\"]");
    }
    if (trust.keys().empty() && trust.identity().empty()) {
      add("names no keys", "write keys: [FILE], public keys in PEM");
    }
    if (!trust.identity().empty()) {
      CheckIdentity(trust, add);
    }
    for (const std::string& pattern : trust.images()) {
      if (MatchesAny(pattern, release)) continue;
      add(Concat("has '", pattern, "', which matches no image of the list"),
          "drop it, or write HOST/PATH as the list has it, where * stands for "
          "any run of characters");
    }
    for (const std::string& pattern : trust.signed_as()) {
      if (IsImagePattern(pattern)) continue;
      add(Concat("has '", pattern, "', which cannot match an image's name"),
          "write HOST/PATH, where * stands for any run of characters");
    }
    for (const std::string& key : trust.keys()) {
      if (pki::PublicKeyName(key).ok()) continue;
      add("has a key that is not a public key in PEM",
          "`openssl pkey -in KEY -pubout` prints the public half of a key");
    }
  }
}

}  // namespace kso::release
