// SPDX-License-Identifier: Apache-2.0
// TLS against a server whose authority only the test knows.

#include <gtest/gtest.h>
#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "common/http/transport.h"

namespace kso::http {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const {
    X509_EXTENSION_free(extension);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

// A certificate for 127.0.0.1 that signs itself.
Certificate MakeCertificate(EVP_PKEY* key) {
  Certificate certificate(X509_new());
  X509* const made = certificate.get();
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
  X509_gmtime_adj(X509_getm_notBefore(made), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made), 3600);
  X509_set_pubkey(made, key);
  X509_NAME* const name = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(
      name, "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>("test authority"), -1, -1, 0);
  X509_set_issuer_name(made, name);
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, made, made, nullptr, nullptr, 0);
  for (const auto& [kind, value] :
       {std::pair(NID_basic_constraints, "critical,CA:TRUE"),
        std::pair(NID_subject_alt_name, "IP:127.0.0.1")}) {
    const std::unique_ptr<X509_EXTENSION, Free> extension(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value));
    X509_add_ext(made, extension.get(), -1);
  }
  X509_sign(made, key, EVP_sha256());
  return certificate;
}

class HttpsTest : public ::testing::Test {
 protected:
  HttpsTest()
      : key_(EVP_EC_gen("P-256")),
        certificate_(MakeCertificate(key_.get())),
        server_(certificate_.get(), key_.get()),
        authorities_(::testing::TempDir() + "/authorities.pem") {
    std::FILE* file = std::fopen(authorities_.c_str(), "w");
    PEM_write_X509(file, certificate_.get());
    std::fclose(file);
    server_.Get("/a", [](const auto&, auto& response) {
      response.set_content("body", "text/plain");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~HttpsTest() override {
    server_.stop();
    thread_.join();
    unsetenv("SSL_CERT_FILE");
  }

  absl::StatusOr<Response> Ask(const TransportOptions& options = {}) {
    Request request;
    request.url = "https://127.0.0.1:" + std::to_string(port_) + "/a";
    return (*CreateCurlTransport(options))->Perform(request);
  }

  const Key key_;
  const Certificate certificate_;
  httplib::SSLServer server_;
  const std::string authorities_;
  int port_ = 0;
  std::thread thread_;
};

TEST_F(HttpsTest, AnUnknownAuthorityIsRefusedAndSaysWhatToDo) {
  const absl::Status status = Ask().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_NE(std::string(status.message()).find("SSL_CERT_FILE"),
            std::string::npos)
      << status;
}

TEST_F(HttpsTest, TheEnvironmentNamesAuthorities) {
  setenv("SSL_CERT_FILE", authorities_.c_str(), 1);
  const auto response = Ask();
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "body");
}

TEST_F(HttpsTest, SoDoOptions) {
  TransportOptions options;
  options.trusted_authorities = authorities_;
  EXPECT_TRUE(Ask(options).ok());
}

TEST_F(HttpsTest, CredentialsDoNotFollowARedirectToAnotherHost) {
  httplib::SSLServer storage(certificate_.get(), key_.get());
  std::string received = "nothing asked";
  storage.Get("/blob", [&](const httplib::Request& request, auto& response) {
    received = request.get_header_value("Authorization");
    response.set_content("blob", "text/plain");
  });
  const int port = storage.bind_to_any_port("127.0.0.1");
  std::thread thread([&storage] { storage.listen_after_bind(); });
  while (!storage.is_running()) std::this_thread::yield();
  const std::string target =
      "https://127.0.0.1:" + std::to_string(port) + "/blob";
  std::string at_the_registry;
  server_.Get("/blob", [&](const httplib::Request& request, auto& response) {
    at_the_registry = request.get_header_value("Authorization");
    response.set_redirect(target, 307);
  });

  TransportOptions options;
  options.trusted_authorities = authorities_;
  Request request;
  request.url = "https://127.0.0.1:" + std::to_string(port_) + "/blob";
  request.credentials = {{"Authorization", "Bearer secret"}};
  const auto response = (*CreateCurlTransport(options))->Perform(request);
  storage.stop();
  thread.join();
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "blob");
  EXPECT_EQ(at_the_registry, "Bearer secret");
  EXPECT_EQ(received, "");
}

}  // namespace
}  // namespace kso::http
