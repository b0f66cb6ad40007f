// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_EVIDENCE_KEYLESS_H_
#define KSO_COMMON_EVIDENCE_KEYLESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "kso/v1/build.pb.h"

namespace kso::evidence {

// A signature that was made with a key of some minutes, and what proves whose
// the key was: the annotations of a layer of a signature image
// (github.com/sigstore/cosign, specs/SIGNATURE_SPEC.md), or the same from a
// bundle (bundle.h).
struct KeylessSignature {
  // The text that it is over, and the signature in base64.
  std::string payload;
  std::string signature;
  // "dev.sigstore.cosign/certificate" and "/chain", in PEM.
  std::string certificate;
  std::string chain;
  // "dev.sigstore.cosign/bundle": the log's entry about it, in JSON.
  std::string bundle;
  // There is an entry, and the log has not signed its time, as Rekor 2 does
  // not: `bundle` is empty then.
  bool without_time = false;
};

// The public key, in PEM, of a signature by an identity that `trust` names:
//
//   - the log's key has signed the entry, which is about this payload, this
//     signature and this certificate (Rekor's "hashedrekord", or "dsse" where
//     the payload is that of an envelope);
//   - at the time of the entry the certificate was valid, and an authority
//     below the roots had issued it for the signing of code;
//   - it is for that identity, on the word of that issuer (Fulcio's extensions
//     1.3.6.1.4.1.57264.1.8 and .1.1).
//
// All of it is offline. DATA_LOSS says what is not so. That the signature is by
// the key is left to the caller.
absl::StatusOr<std::string> KeyOfIdentity(const KeylessSignature& signature,
                                          const v1::SignatureTrust& trust);

}  // namespace kso::evidence

#endif  // KSO_COMMON_EVIDENCE_KEYLESS_H_
