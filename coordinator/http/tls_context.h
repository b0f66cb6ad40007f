// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_HTTP_TLS_CONTEXT_H_
#define KSO_COORDINATOR_HTTP_TLS_CONTEXT_H_

#include <openssl/ssl.h>

#include <memory>

#include "absl/status/statusor.h"
#include "coordinator/http/message.h"
#include "coordinator/http/tls_identity.h"

namespace kso::coordinator {

// Frees a context of OpenSSL, for the pointer below.
struct FreeSslContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, FreeSslContext>;

// A context of OpenSSL for a server with that identity: TLS 1.3, HTTP/1.1 by
// ALPN, no session tickets. A client certificate is asked for where there are
// authorities; a client without one is let in, and one with another
// authority's is not. INVALID_ARGUMENT, with what is wrong, for an identity
// that cannot be used.
absl::StatusOr<SslContext> MakeSslContext(const HttpTlsIdentity& identity);

// Notes the client's certificate, when it has shown one.
void ReadClientCertificate(SSL* ssl, HttpPeer& peer);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_HTTP_TLS_CONTEXT_H_
