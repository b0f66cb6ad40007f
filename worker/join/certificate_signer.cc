// SPDX-License-Identifier: Apache-2.0
#include "worker/join/certificate_signer.h"

#include <chrono>
#include <utility>

#include "common/base/status_macros.h"
#include "common/rpc/channel.h"
#include "grpcpp/client_context.h"
#include "kso/v1/enrollment.grpc.pb.h"

namespace kso::worker {
namespace {

constexpr std::chrono::seconds kPatience(30);

class GrpcCertificateSigner : public CertificateSigner {
 public:
  explicit GrpcCertificateSigner(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::EnrollmentService::NewStub(channel)) {}

  absl::StatusOr<std::string> Enroll(const std::string& token,
                                     const std::string& request) override {
    v1::EnrollRequest call;
    call.set_token(token);
    call.set_certificate_request(request);
    return Call<v1::EnrollResponse>(&Stub::Enroll, call);
  }

  absl::StatusOr<std::string> Renew(const std::string& request) override {
    v1::RenewCertificateRequest call;
    call.set_certificate_request(request);
    return Call<v1::RenewCertificateResponse>(&Stub::RenewCertificate, call);
  }

 private:
  using Stub = v1::EnrollmentService::StubInterface;

  template <typename Response, typename Request>
  absl::StatusOr<std::string> Call(
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    // A coordinator that is just being started is waited for.
    context.set_wait_for_ready(true);
    Response response;
    const absl::Status status =
        rpc::FromGrpc((stub_.get()->*method)(&context, request, &response));
    if (absl::IsDeadlineExceeded(status)) {
      // gRPC does not say why there was no connection while it waits for one.
      return absl::DeadlineExceededError(
          "the coordinator did not answer in 30 s; see that it is there, and "
          "that --ca is the authority of its certificate, which names the host "
          "in --coordinator");
    }
    KSO_RETURN_IF_ERROR(status);
    return std::move(*response.mutable_certificates());
  }

  const std::unique_ptr<Stub> stub_;
};

}  // namespace

std::unique_ptr<CertificateSigner> CreateCertificateSigner(
    const std::shared_ptr<grpc::Channel>& channel) {
  return std::make_unique<GrpcCertificateSigner>(channel);
}

}  // namespace kso::worker
