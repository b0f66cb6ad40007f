// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/server_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "grpcpp/impl/codegen/grpc_library.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"

namespace kso::rpc {
namespace {

using SharedGate = std::shared_ptr<CallGate>;

std::string_view TextOf(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)),
          GRPC_SLICE_LENGTH(slice)};
}

std::vector<std::string> PropertiesOf(const grpc_auth_context* context,
                                      const char* name) {
  std::vector<std::string> values;
  grpc_auth_property_iterator iterator =
      grpc_auth_context_find_properties_by_name(context, name);
  while (const grpc_auth_property* property =
             grpc_auth_property_iterator_next(&iterator)) {
    values.emplace_back(property->value, property->value_length);
  }
  return values;
}

// The gate in gRPC's words: grpc_auth_metadata_processor.
void Process(void* state, grpc_auth_context* context,
             const grpc_metadata* metadata, size_t count,
             grpc_process_auth_metadata_done_cb done, void* user_data) {
  CallProof proof;
  std::string_view method;
  bool has_authorization = false;
  for (size_t i = 0; i < count; ++i) {
    const std::string_view key = TextOf(metadata[i].key);
    if (key == ":path") method = TextOf(metadata[i].value);
    if (key == "authorization") {
      proof.several_authorizations = has_authorization;
      has_authorization = true;
      proof.authorization = TextOf(metadata[i].value);
    }
  }
  proof.uris = PropertiesOf(context, GRPC_PEER_URI_PROPERTY_NAME);
  for (std::string& pem :
       PropertiesOf(context, GRPC_X509_PEM_CERT_PROPERTY_NAME)) {
    proof.has_certificate = true;
    proof.certificate = std::move(pem);
  }
  const absl::Status status =
      (*static_cast<SharedGate*>(state))->Admit(method, proof);
  done(user_data, nullptr, 0, nullptr, 0,
       static_cast<grpc_status_code>(status.code()),
       std::string(status.message()).c_str());
}

void DestroyGate(void* state) { delete static_cast<SharedGate*>(state); }

class GatedCredentials : public grpc::ServerCredentials {
 public:
  // Owns `credentials`.
  explicit GatedCredentials(grpc_server_credentials* credentials)
      : credentials_(credentials) {}
  ~GatedCredentials() override {
    grpc_server_credentials_release(credentials_);
  }

  // The gate is set for good when the credentials are made.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address,
                      grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  grpc_server_credentials* const credentials_;
};

grpc_server_credentials* TlsCredentials(const TlsFiles& files) {
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          files.key, files.cert, files.ca, kTlsReloadSeconds));
  options.watch_identity_key_cert_pairs();
  if (!files.ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(
        GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc_tls_server_credentials_create(options.c_credentials_options());
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& files, std::shared_ptr<CallGate> gate) {
  // The C interface needs the library to be there; GatedCredentials keeps it.
  const grpc::GrpcLibraryCodegen library;
  grpc_server_credentials* credentials = nullptr;
  if (files.cert.empty()) {
    credentials = grpc_insecure_server_credentials_create();
  } else {
    KSO_RETURN_IF_ERROR(CheckTls13IsRequired());
    KSO_RETURN_IF_ERROR(CheckTlsFiles(files));
    credentials = TlsCredentials(files);
  }
  if (credentials == nullptr) {
    return absl::InternalError("gRPC makes no credentials of these files");
  }
  if (gate != nullptr) {
    grpc_server_credentials_set_auth_metadata_processor(
        credentials, {.process = Process,
                      .destroy = DestroyGate,
                      .state = new SharedGate(std::move(gate))});
  }
  return std::make_shared<GatedCredentials>(credentials);
}

}  // namespace kso::rpc
