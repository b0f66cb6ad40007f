// SPDX-License-Identifier: Apache-2.0
// Any bytes as envelopes and signatures that are found beside an image.

#include <string>

#include "common/evidence/cosign.h"
#include "common/evidence/envelope.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  // The base point of P-256, whose private key, 1, no fuzzer signs with.
  constexpr char kKey[] =
      "-----BEGIN PUBLIC KEY-----\n"
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n"
      "6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n"
      "-----END PUBLIC KEY-----\n";
  fuzz::Input input(data, size);
  const std::string digest = "sha256:" + std::string(64, 'a');
  const std::string annotation(input.Line());
  const std::string_view bytes = input.Rest();
  const auto opened =
      evidence::OpenEnvelope(bytes, evidence::kStatementType, kKey);
  fuzz::Require(!opened.ok(), "what nobody signed proves nothing");
  fuzz::RequireSaid(opened.status(), "a refusal has a reason");
  const absl::Status verified =
      evidence::VerifySimpleSigning(bytes, annotation, digest, kKey);
  fuzz::Require(!verified.ok(), "what nobody signed proves nothing");
  fuzz::RequireSaid(verified, "a refusal has a reason");
  // A key that is none is a refusal, too.
  fuzz::RequireSaid(
      evidence::OpenEnvelope(bytes, evidence::kStatementType, annotation)
          .status(),
      "a refusal has a reason");
  return 0;
}
