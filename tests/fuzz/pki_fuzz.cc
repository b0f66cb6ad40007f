// SPDX-License-Identifier: Apache-2.0
// Any bytes as certificates, keys and certificate requests.

#include <string>

#include "common/access/identity_uri.h"
#include "common/pki/certificate.h"
#include "common/pki/certificate_request.h"
#include "common/pki/keys.h"
#include "common/text/printable_text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace {

using namespace kso;  // NOLINT(google-build-using-namespace)

void RequireOneLine(const std::string& text) {
  fuzz::Require(PrintableText(text) == text, "a fact is one printable line");
}

void ReadThem(std::string_view text) {
  const auto certificates = pki::ReadCertificates(text);
  if (!certificates.ok()) {
    fuzz::RequireSaid(certificates.status(), "a refusal has a reason");
    return;
  }
  fuzz::Require(!certificates->empty(), "what is read is not nothing");
  for (const pki::Certificate& certificate : *certificates) {
    const auto facts = certificate.Describe();
    if (!facts.ok()) continue;
    RequireOneLine(facts->subject);
    RequireOneLine(facts->issuer);
    for (const auto* names :
         {&facts->uris, &facts->dns_names, &facts->ip_addresses}) {
      for (const std::string& name : *names) RequireOneLine(name);
    }
  }
}

void ReadRequest(std::string_view text) {
  const auto request = pki::ReadCertificateRequest(text);
  if (!request.ok()) {
    fuzz::RequireSaid(request.status(), "a refusal has a reason");
    return;
  }
  fuzz::Require(request->key.IsP256(), "the key is one of P-256");
  fuzz::Require(access::CheckIdentityName(request->name).ok(),
                "the name is that of an identity");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const std::string_view text = input.Rest();
  ReadThem(text);
  ReadRequest(text);
  const auto key = pki::PrivateKey::FromPem(text);
  if (key.ok()) {
    fuzz::Require(key->ToPem().ok(), "a key that was read is written");
  }
  return 0;
}
