// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/call_gate.h"

#include <grpc/grpc_security_constants.h>

#include <optional>

#include "common/text/percent_coding.h"
#include "common/text/printable_text.h"

namespace kso::rpc {
namespace {

std::string_view Std(grpc::string_ref text) {
  return {text.data(), text.length()};
}

// gRPC writes "ipv4:127.0.0.1:80", "ipv6:%5B::1%5D:80" and "unix:".
std::string RemoteOf(const std::string& peer) {
  std::string_view text = peer;
  if (text.starts_with("unix:")) return "unix";
  for (const std::string_view scheme : {"ipv4:", "ipv6:"}) {
    if (text.starts_with(scheme)) {
      text.remove_prefix(scheme.size());
      break;
    }
  }
  return PrintableText(PercentDecode(text).value_or(std::string(text)), 128);
}

}  // namespace

CallProof ProofOf(const grpc::ServerContextBase& context) {
  CallProof proof;
  const auto& metadata = context.client_metadata();
  if (const auto found = metadata.find("authorization");
      found != metadata.end()) {
    proof.authorization = Std(found->second);
    proof.several_authorizations = metadata.count("authorization") > 1;
  }
  if (const auto auth = context.auth_context(); auth != nullptr) {
    for (const grpc::string_ref& pem :
         auth->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME)) {
      proof.has_certificate = true;
      proof.certificate = Std(pem);
    }
    for (const grpc::string_ref& uri :
         auth->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
      proof.uris.emplace_back(Std(uri));
    }
  }
  proof.remote = RemoteOf(context.peer());
  return proof;
}

}  // namespace kso::rpc
