// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/bundle.h"

#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/text/json.h"

namespace kso::evidence {
namespace {

constexpr JsonBounds kLargestBundle = {.bytes = size_t{64} << 20};

absl::Status NoBundle(std::string_view why) {
  return absl::InvalidArgumentError(
      Concat("this is no bundle around a signed statement: ", why));
}

std::string FromBase64(const std::string& text) {
  std::string bytes;
  return absl::Base64Unescape(text, &bytes) ? bytes : "";
}

// The first entry of the list at `key`; nullptr where there is none.
absl::StatusOr<const Json*> FirstOf(const Json& object, std::string_view key) {
  KSO_ASSIGN_OR_RETURN(const Json* list, FieldOf(object, key));
  if (list == nullptr || !list->is_array() || list->empty()) return nullptr;
  return &list->front();
}

// A certificate, given as DER in base64, in PEM as Go writes it, which is how
// the log has it.
std::string PemOf(const std::string& der_base64) {
  constexpr size_t kLine = 64;
  const std::string text = absl::Base64Escape(FromBase64(der_base64));
  if (text.empty()) return "";
  std::string pem = "-----BEGIN CERTIFICATE-----\n";
  for (size_t at = 0; at < text.size(); at += kLine) {
    pem += text.substr(at, kLine) + "\n";
  }
  return pem + "-----END CERTIFICATE-----\n";
}

// Certificates: one alone from 0.3 on, a chain that begins with it before.
absl::Status ReadCertificates(const Json& material,
                              KeylessSignature& signature) {
  KSO_ASSIGN_OR_RETURN(const Json* alone, FieldOf(material, "certificate"));
  if (alone != nullptr) {
    signature.certificate = PemOf(StringOf(*alone, "rawBytes"));
    return absl::OkStatus();
  }
  KSO_ASSIGN_OR_RETURN(const Json* chain,
                       FieldOf(material, "x509CertificateChain"));
  if (chain == nullptr) return absl::OkStatus();
  KSO_ASSIGN_OR_RETURN(const Json* list, FieldOf(*chain, "certificates"));
  if (list == nullptr || !list->is_array()) return NoBundle("an empty chain");
  for (const Json& certificate : *list) {
    const std::string pem = PemOf(StringOf(certificate, "rawBytes"));
    (signature.certificate.empty() ? signature.certificate : signature.chain) +=
        pem;
  }
  return absl::OkStatus();
}

// A number that protobuf's JSON has as a text.
int64_t NumberOf(const Json& object, std::string_view key) {
  int64_t number = 0;
  return absl::SimpleAtoi(StringOf(object, key), &number) ? number : -1;
}

// The log's entry in the form in which cosign's annotation has it, which is
// also what the log's key has signed: its "signed entry timestamp". Entries of
// Rekor 2 have none (github.com/sigstore/rekor-tiles, CLIENTS.md).
absl::Status ReadLogEntry(const Json& material, KeylessSignature& signature) {
  KSO_ASSIGN_OR_RETURN(const Json* entry, FirstOf(material, "tlogEntries"));
  if (entry == nullptr) return absl::OkStatus();
  KSO_ASSIGN_OR_RETURN(const Json* promise,
                       FieldOf(*entry, "inclusionPromise"));
  KSO_ASSIGN_OR_RETURN(const Json* log, FieldOf(*entry, "logId"));
  signature.without_time = promise == nullptr;
  if (promise == nullptr || log == nullptr) return absl::OkStatus();
  const Json bundle = {
      {"SignedEntryTimestamp", StringOf(*promise, "signedEntryTimestamp")},
      {"Payload",
       {{"body", StringOf(*entry, "canonicalizedBody")},
        {"integratedTime", NumberOf(*entry, "integratedTime")},
        {"logID", absl::BytesToHexString(FromBase64(StringOf(*log, "keyId")))},
        {"logIndex", NumberOf(*entry, "logIndex")}}}};
  signature.bundle = bundle.dump();
  return absl::OkStatus();
}

}  // namespace

bool HasBundle(const oci::Manifest& artifact) {
  return artifact.layers.size() == 1 &&
         artifact.layers[0].media_type().starts_with(
             "application/vnd.dev.sigstore.bundle");
}

absl::StatusOr<Bundle> ReadBundle(std::string_view text) {
  KSO_ASSIGN_OR_RETURN(const Json json, ParseJson(text, kLargestBundle));
  KSO_ASSIGN_OR_RETURN(const Json* envelope, FieldOf(json, "dsseEnvelope"));
  KSO_ASSIGN_OR_RETURN(const Json* material,
                       FieldOf(json, "verificationMaterial"));
  if (envelope == nullptr || material == nullptr) {
    return NoBundle("it has no envelope, or nothing to verify it with");
  }
  KSO_ASSIGN_OR_RETURN(const Json* signature, FirstOf(*envelope, "signatures"));
  if (signature == nullptr) return NoBundle("it has no signature");
  Bundle bundle;
  bundle.envelope = envelope->dump();
  bundle.keyless.payload = FromBase64(StringOf(*envelope, "payload"));
  bundle.keyless.signature = StringOf(*signature, "sig");
  const absl::StatusOr<Json> statement =
      ParseJson(bundle.keyless.payload, kLargestBundle);
  if (!statement.ok()) return NoBundle("what is signed is no statement");
  bundle.claimed_type = StringOf(*statement, "predicateType");
  KSO_RETURN_IF_ERROR(ReadCertificates(*material, bundle.keyless));
  KSO_RETURN_IF_ERROR(ReadLogEntry(*material, bundle.keyless));
  return bundle;
}

}  // namespace kso::evidence
