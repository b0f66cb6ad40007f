// SPDX-License-Identifier: Apache-2.0
#include "coordinator/http/tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string_view>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/pki/certificate.h"

namespace kso::coordinator {
namespace {

template <typename T, void (*kFree)(T*)>
struct Freer {
  void operator()(T* object) const { kFree(object); }
};
using Certificate = std::unique_ptr<X509, Freer<X509, X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

Bio Open(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

absl::Status Unusable(std::string_view what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return absl::InvalidArgumentError(Concat(what, reason == nullptr ? "" : ": ",
                                           reason == nullptr ? "" : reason));
}

// Reads all certificates of the text.
std::vector<Certificate> ReadCertificates(const std::string& pem) {
  std::vector<Certificate> certificates;
  const Bio bio = Open(pem);
  while (X509* read = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(read);
  }
  // The end of the text is told as an error.
  ERR_clear_error();
  return certificates;
}

absl::Status UseCertificate(SSL_CTX* context, const HttpTlsIdentity& identity) {
  const std::vector<Certificate> chain =
      ReadCertificates(identity.certificate_chain);
  if (chain.empty()) {
    return Unusable("the server's certificate is not a certificate in PEM");
  }
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) {
    return Unusable("the server's certificate cannot be used");
  }
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) {
      return Unusable("the server's certificate chain cannot be used");
    }
  }
  const Bio bio = Open(identity.private_key);
  const PrivateKey key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (key == nullptr || SSL_CTX_use_PrivateKey(context, key.get()) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return Unusable("the server's key does not belong to its certificate");
  }
  return absl::OkStatus();
}

absl::Status UseAuthorities(SSL_CTX* context, const std::string& pem) {
  const std::vector<Certificate> authorities = ReadCertificates(pem);
  if (authorities.empty()) {
    return Unusable(
        "the authorities for client certificates are no certificates in PEM");
  }
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const Certificate& authority : authorities) {
    if (X509_STORE_add_cert(store, authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      return Unusable("an authority for client certificates cannot be used");
    }
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return absl::OkStatus();
}

// Chooses HTTP/1.1 where the client offers it, and nothing where it does not.
int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned int offered_size,
                   void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof(kHttp11) - 1,
                            offered, offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

absl::StatusOr<SslContext> MakeSslContext(const HttpTlsIdentity& identity) {
  SslContext context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return Unusable("TLS cannot be set up");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  // Resumed sessions would outlive a change of the authorities.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context.get(), ChooseProtocol, nullptr);
  KSO_RETURN_IF_ERROR(UseCertificate(context.get(), identity));
  if (!identity.client_authorities.empty()) {
    KSO_RETURN_IF_ERROR(
        UseAuthorities(context.get(), identity.client_authorities));
  }
  return context;
}

void ReadClientCertificate(SSL* ssl, HttpPeer& peer) {
  const std::shared_ptr<X509> certificate(SSL_get1_peer_certificate(ssl),
                                          X509_free);
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return;
  peer.has_certificate = true;
  const pki::Certificate shown(certificate);
  const auto facts = shown.Describe();
  if (facts.ok()) peer.certificate_uris = facts->uris;
  peer.certificate = shown.ToPem().value_or("");
}

}  // namespace kso::coordinator
