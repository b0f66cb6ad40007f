// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/envelope.h"

#include "absl/strings/escaping.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/text/json.h"

namespace kso::evidence {
namespace {

// Bills of materials of large releases are larger than manifests may be.
constexpr JsonBounds kLargestEnvelope = {.bytes = size_t{64} << 20};

absl::Status NoEnvelope(std::string_view why) {
  return absl::InvalidArgumentError(
      Concat("this is no signed statement: ", why));
}

}  // namespace

std::string PreAuthEncoding(std::string_view type, std::string_view payload) {
  return Concat("DSSEv1 ", type.size(), " ", type, " ", payload.size(), " ",
                payload);
}

absl::StatusOr<std::string> SignEnvelope(std::string_view type,
                                         std::string_view payload,
                                         pki::Signer& signer) {
  KSO_ASSIGN_OR_RETURN(const std::string signature,
                       signer.Sign(PreAuthEncoding(type, payload)));
  const nlohmann::ordered_json envelope = {
      {"payloadType", type},
      {"payload", absl::Base64Escape(ToAbsl(payload))},
      {"signatures", Json::array({{{"sig", absl::Base64Escape(signature)}}})}};
  return envelope.dump();
}

absl::StatusOr<std::string> OpenEnvelope(std::string_view envelope,
                                         std::string_view type,
                                         std::string_view public_key) {
  KSO_ASSIGN_OR_RETURN(const Json json, ParseJson(envelope, kLargestEnvelope));
  std::string payload;
  if (StringOf(json, "payloadType") != type) return NoEnvelope("another type");
  if (!absl::Base64Unescape(StringOf(json, "payload"), &payload)) {
    return NoEnvelope("its payload is not in base64");
  }
  KSO_ASSIGN_OR_RETURN(const Json* signatures, FieldOf(json, "signatures"));
  if (signatures == nullptr || !signatures->is_array()) {
    return NoEnvelope("it has no signatures");
  }
  const std::string signed_bytes = PreAuthEncoding(type, payload);
  absl::Status wrong = absl::DataLossError("it has no signature by this key");
  for (const Json& entry : *signatures) {
    std::string signature;
    if (!absl::Base64Unescape(StringOf(entry, "sig"), &signature)) continue;
    const absl::Status verified =
        pki::VerifySignature(public_key, signed_bytes, signature);
    if (verified.ok()) return payload;
    if (absl::IsInvalidArgument(verified)) return verified;
  }
  return wrong;
}

}  // namespace kso::evidence
