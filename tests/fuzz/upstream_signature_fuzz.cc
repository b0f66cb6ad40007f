// SPDX-License-Identifier: Apache-2.0
// Any artifacts that a publisher's registry may give as signatures of an image:
// cosign's by key and by identity, with the entry of a transparency log, and
// Sigstore's bundles. Nobody who is trusted has signed them.

#include <string>
#include <vector>

#include "common/bytes/digest.h"
#include "common/evidence/bundle.h"
#include "common/evidence/keyless.h"
#include "common/evidence/upstream_check.h"
#include "common/oci/media_types.h"
#include "common/oci/reference.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace {

using namespace kso;  // NOLINT(google-build-using-namespace)

// The base point of P-256, whose private key, 1, no fuzzer signs with.
constexpr char kKey[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n"
    "6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n"
    "-----END PUBLIC KEY-----\n";

v1::SignatureTrust TrustOf(std::string_view roots) {
  v1::SignatureTrust trust;
  trust.add_images("*");
  trust.add_keys(kKey);
  trust.set_identity("*");
  trust.set_issuer("https://issuer.example.com");
  trust.set_roots(std::string(roots));
  trust.set_log_key(kKey);
  return trust;
}

void RequireRefused(const absl::Status& status) {
  fuzz::Require(!status.ok(), "what nobody signed proves nothing");
  fuzz::RequireSaid(status, "a refusal has a reason");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const std::string certificate(input.Line());
  const std::string signature(input.Line());
  const std::string log_entry(input.Line());
  const std::string payload(input.Line());
  const std::string_view rest = input.Rest();
  const v1::SignatureTrust trust = TrustOf(certificate);
  RequireRefused(evidence::KeyOfIdentity({.payload = payload,
                                          .signature = signature,
                                          .certificate = certificate,
                                          .chain = certificate,
                                          .bundle = log_entry},
                                         trust)
                     .status());

  const auto bundle = evidence::ReadBundle(rest);
  fuzz::RequireSaid(bundle.status(), "a refusal has a reason");

  // A manifest as it comes, and one whose only layer is the payload.
  const std::string digest = Sha256Of(payload).ToString();
  evidence::UpstreamImage image;
  v1::Document& manifest = image.manifest;
  manifest.mutable_content_descriptor()->set_media_type(
      std::string(oci::kOciManifest));
  image.contents.emplace_back().set_content(payload);
  const auto reference =
      *oci::Reference::Parse("registry.example.com/team/app:1");
  const std::string layer =
      R"({"schemaVersion":2,"config":{"mediaType":"a/b","digest":")" + digest +
      R"(","size":2},"layers":[{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","digest":")" +
      digest + R"(","size":)" + std::to_string(payload.size()) + "}]}";
  for (const std::string& content : {std::string(rest), layer}) {
    manifest.set_content(content);
    const std::vector<v1::SignatureTrust> trusted = {trust};
    RequireRefused(
        evidence::CheckUpstreamSignature(image, reference, digest, trusted)
            .status());
    RequireRefused(
        evidence::CheckUpstreamAttestation(image, digest, trusted).status());
    if (evidence::IsBundle(image)) {
      fuzz::RequireSaid(evidence::ClaimedType(image).status(),
                        "a refusal has a reason");
    }
    RequireRefused(
        evidence::CheckUpstreamBundle(image, digest, trusted).status());
  }
  return 0;
}
