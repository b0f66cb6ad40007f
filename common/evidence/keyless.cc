// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/keyless.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/pki/certificate.h"
#include "common/pki/signer.h"
#include "common/release/image_patterns.h"
#include "common/text/json.h"
#include "common/text/printable_text.h"

namespace kso::evidence {
namespace {

// Fulcio's extensions: who has told it of the identity, as a UTF8String and, in
// older certificates, as bare bytes.
constexpr char kIssuerExtension[] = "1.3.6.1.4.1.57264.1.8";
constexpr char kOldIssuerExtension[] = "1.3.6.1.4.1.57264.1.1";

absl::Status Wrong(std::string_view what) {
  return absl::DataLossError(std::string(what));
}

absl::StatusOr<const Json*> ObjectAt(const Json& object, std::string_view key) {
  KSO_ASSIGN_OR_RETURN(const Json* found, FieldOf(object, key));
  if (found == nullptr || !found->is_object()) {
    return Wrong("the log's entry about it is not one of a signature");
  }
  return found;
}

std::string FromBase64(const std::string& text) {
  std::string bytes;
  return absl::Base64Unescape(text, &bytes) ? bytes : "";
}

bool SameText(std::string_view a, std::string_view b) {
  return absl::StripAsciiWhitespace(ToAbsl(a)) ==
         absl::StripAsciiWhitespace(ToAbsl(b));
}

// Rekor's "hashedrekord": a signature of bytes.
absl::StatusOr<bool> IsOfBytes(const Json& spec,
                               const KeylessSignature& signature) {
  KSO_ASSIGN_OR_RETURN(const Json* data, ObjectAt(spec, "data"));
  KSO_ASSIGN_OR_RETURN(const Json* hash, ObjectAt(*data, "hash"));
  KSO_ASSIGN_OR_RETURN(const Json* logged, ObjectAt(spec, "signature"));
  KSO_ASSIGN_OR_RETURN(const Json* key, ObjectAt(*logged, "publicKey"));
  return StringOf(*hash, "algorithm") == "sha256" &&
         StringOf(*hash, "value") == Sha256Of(signature.payload).hex() &&
         StringOf(*logged, "content") == signature.signature &&
         SameText(FromBase64(StringOf(*key, "content")), signature.certificate);
}

// Rekor's "dsse": a signed statement.
absl::StatusOr<bool> IsOfStatement(const Json& spec,
                                   const KeylessSignature& signature) {
  KSO_ASSIGN_OR_RETURN(const Json* hash, ObjectAt(spec, "payloadHash"));
  KSO_ASSIGN_OR_RETURN(const Json* logged, FieldOf(spec, "signatures"));
  if (logged == nullptr || !logged->is_array()) return false;
  return StringOf(*hash, "algorithm") == "sha256" &&
         StringOf(*hash, "value") == Sha256Of(signature.payload).hex() &&
         std::any_of(logged->begin(), logged->end(), [&](const Json& entry) {
           return StringOf(entry, "signature") == signature.signature &&
                  SameText(FromBase64(StringOf(entry, "verifier")),
                           signature.certificate);
         });
}

// Compares what the log knows with the signature.
absl::Status CheckEntry(const std::string& body,
                        const KeylessSignature& signature) {
  KSO_ASSIGN_OR_RETURN(const Json entry, ParseJson(body));
  KSO_ASSIGN_OR_RETURN(const Json* spec, ObjectAt(entry, "spec"));
  const std::string kind = StringOf(entry, "kind");
  bool same = false;
  if (kind == "hashedrekord") {
    KSO_ASSIGN_OR_RETURN(same, IsOfBytes(*spec, signature));
  } else if (kind == "dsse") {
    KSO_ASSIGN_OR_RETURN(same, IsOfStatement(*spec, signature));
  }
  if (same) return absl::OkStatus();
  return Wrong("the log's entry is about another signature");
}

// The time of the log's entry, which its key has signed together with the
// entry: Rekor's "signed entry timestamp" is over their canonical JSON
// (RFC 8785), whose keys are sorted.
absl::StatusOr<absl::Time> TimeInLog(const KeylessSignature& signature,
                                     const std::string& log_key) {
  if (signature.without_time) {
    return Wrong(
        "its transparency log has not signed when that was, as Rekor 2 does "
        "not, and kso reads no other timestamps: check it with cosign, name "
        "the image by its digest, and take it out of images.signatures.trust");
  }
  if (signature.bundle.empty()) {
    return Wrong("no entry of a transparency log is with it");
  }
  KSO_ASSIGN_OR_RETURN(const Json bundle, ParseJson(signature.bundle));
  KSO_ASSIGN_OR_RETURN(const Json* payload, ObjectAt(bundle, "Payload"));
  const std::string stamp =
      FromBase64(StringOf(bundle, "SignedEntryTimestamp"));
  const auto time = payload->find("integratedTime");
  if (stamp.empty() || time == payload->end() || !time->is_number_integer()) {
    return Wrong("the log's entry about it is not one of a signature");
  }
  if (!pki::VerifySignature(log_key, payload->dump(), stamp).ok()) {
    return Wrong("the log's entry about it is not signed by the log's key");
  }
  KSO_RETURN_IF_ERROR(
      CheckEntry(FromBase64(StringOf(*payload, "body")), signature));
  return absl::FromUnixSeconds(time->get<int64_t>());
}

// The text of a short UTF8String in DER (X.690, section 8.23).
std::string Utf8StringIn(std::string_view der) {
  constexpr unsigned char kUtf8String = 0x0c;
  constexpr size_t kShortForm = 0x80;
  if (der.size() < 2 || static_cast<unsigned char>(der[0]) != kUtf8String) {
    return "";
  }
  size_t length = static_cast<unsigned char>(der[1]);
  size_t begin = 2;
  if (length == kShortForm + 1 && der.size() > 2) {
    length = static_cast<unsigned char>(der[2]);
    begin = 3;
  } else if (length >= kShortForm) {
    return "";
  }
  return der.size() == begin + length ? std::string(der.substr(begin)) : "";
}

std::string IssuerOf(const pki::Certificate& certificate) {
  const std::string issuer = certificate.Extension(kIssuerExtension);
  return issuer.empty() ? certificate.Extension(kOldIssuerExtension)
                        : Utf8StringIn(issuer);
}

absl::Status CheckIdentity(const pki::Certificate& certificate,
                           const v1::SignatureTrust& trust) {
  KSO_ASSIGN_OR_RETURN(const pki::CertificateFacts facts,
                       certificate.Describe());
  if (!facts.for_code) return Wrong("its certificate is not for signing");
  std::vector<std::string> identities = facts.uris;
  identities.insert(identities.end(), facts.emails.begin(), facts.emails.end());
  if (std::none_of(identities.begin(), identities.end(),
                   [&](const std::string& identity) {
                     return release::MatchesGlob(trust.identity(), identity);
                   })) {
    return Wrong(Concat(
        "it is by another identity, ",
        identities.empty() ? std::string("which has no name") : identities[0]));
  }
  const std::string issuer = IssuerOf(certificate);
  if (issuer == trust.issuer()) return absl::OkStatus();
  return Wrong(Concat("the identity is on the word of another issuer, ",
                      PrintableText(issuer, 300)));
}

}  // namespace

absl::StatusOr<std::string> KeyOfIdentity(const KeylessSignature& signature,
                                          const v1::SignatureTrust& trust) {
  if (signature.certificate.empty()) {
    return Wrong("no certificate is with it");
  }
  KSO_ASSIGN_OR_RETURN(const absl::Time time,
                       TimeInLog(signature, trust.log_key()));
  KSO_ASSIGN_OR_RETURN(std::vector<pki::Certificate> chain,
                       pki::ReadCertificates(signature.certificate));
  const pki::Certificate certificate = chain.front();
  if (!signature.chain.empty()) {
    KSO_ASSIGN_OR_RETURN(const std::vector<pki::Certificate> others,
                         pki::ReadCertificates(signature.chain));
    chain.insert(chain.end(), others.begin(), others.end());
  }
  KSO_ASSIGN_OR_RETURN(const std::vector<pki::Certificate> roots,
                       pki::ReadCertificates(trust.roots()));
  const absl::Status trusted =
      pki::VerifyCertificate(chain, roots, pki::CertificateUse::kAny, time);
  if (!trusted.ok()) {
    return Wrong(Concat("its certificate was not valid when it signed: ",
                        ToStd(trusted.message())));
  }
  KSO_RETURN_IF_ERROR(CheckIdentity(certificate, trust));
  KSO_ASSIGN_OR_RETURN(const pki::PublicKey key, certificate.public_key());
  return key.ToPem();
}

}  // namespace kso::evidence
