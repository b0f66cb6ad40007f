// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_EVIDENCE_ENVELOPE_H_
#define KSO_COMMON_EVIDENCE_ENVELOPE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/pki/signer.h"

namespace kso::evidence {

// Signed documents (DSSE v1.0: github.com/secure-systems-lab/dsse).

// The media type of in-toto statements in envelopes.
inline constexpr std::string_view kStatementType =
    "application/vnd.in-toto+json";

// The bytes that are signed for a payload: DSSE's "PAE".
std::string PreAuthEncoding(std::string_view type, std::string_view payload);

// An envelope in JSON around `payload`, with one signature.
absl::StatusOr<std::string> SignEnvelope(std::string_view type,
                                         std::string_view payload,
                                         pki::Signer& signer);

// The payload of an envelope that has a signature by `public_key` (PEM).
// DATA_LOSS when none is; INVALID_ARGUMENT for what is no envelope of `type`.
absl::StatusOr<std::string> OpenEnvelope(std::string_view envelope,
                                         std::string_view type,
                                         std::string_view public_key);

}  // namespace kso::evidence

#endif  // KSO_COMMON_EVIDENCE_ENVELOPE_H_
