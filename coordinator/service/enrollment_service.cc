// SPDX-License-Identifier: Apache-2.0
#include "coordinator/service/enrollment_service.h"

#include <atomic>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "common/base/status_macros.h"
#include "common/rpc/channel.h"
#include "common/run/executor.h"
#include "kso/v1/enrollment.grpc.pb.h"

namespace kso::coordinator {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

// A call takes less than a millisecond but for the disk.
constexpr int kMostWaiting = 64;

class EnrollmentServiceImpl : public v1::EnrollmentService::CallbackService {
 public:
  EnrollmentServiceImpl(const Doors& doors, Enrollment* enrollment)
      : doors_(doors), enrollment_(enrollment) {}

  Reactor* InviteWorker(Context* context,
                        const v1::InviteWorkerRequest* request,
                        v1::InviteWorkerResponse* response) override {
    return Run(context, "InviteWorker",
               [this, request, response](Deed& deed) -> absl::Status {
                 deed.on = absl::StrCat("worker ", request->name());
                 KSO_ASSIGN_OR_RETURN(
                     const Invitations::Invitation made,
                     enrollment_->Invite(request->name(),
                                         request->has_expires_in()
                                             ? FromProto(request->expires_in())
                                             : Invitations::kUsualLife));
                 response->set_token(made.token);
                 response->set_name(request->name());
                 *response->mutable_expires() = ToProto(made.expires);
                 return absl::OkStatus();
               });
  }

  Reactor* Enroll(Context* context, const v1::EnrollRequest* request,
                  v1::EnrollResponse* response) override {
    return Run(context, "Enroll",
               [this, request, response](Deed& deed) -> absl::Status {
                 std::string name;
                 auto made = enrollment_->Enroll(
                     request->token(), request->certificate_request(), name);
                 deed.on = absl::StrCat("worker ", name);
                 KSO_ASSIGN_OR_RETURN(*response->mutable_certificates(),
                                      std::move(made));
                 return absl::OkStatus();
               });
  }

  Reactor* RenewCertificate(Context* context,
                            const v1::RenewCertificateRequest* request,
                            v1::RenewCertificateResponse* response) override {
    return Run(
        context, "RenewCertificate",
        [this, request, response](Deed& deed) -> absl::Status {
          deed.on = absl::StrCat("worker ", deed.who.name);
          KSO_ASSIGN_OR_RETURN(
              *response->mutable_certificates(),
              enrollment_->Renew(deed.who, request->certificate_request()));
          return absl::OkStatus();
        });
  }

 private:
  // Runs `work` on the thread that may wait for the disk, and puts the deed
  // into the audit log with how it ended.
  template <typename Work>
  Reactor* Run(Context* context, const char* what, Work work) {
    Reactor* const reactor = context->DefaultReactor();
    Deed deed;
    deed.who = CallerOf(*doors_.authenticator, *context);
    deed.what = what;
    const absl::Status ready = TakePlace();
    if (!ready.ok()) {
      reactor->Finish(rpc::ToGrpc(ready));
      return reactor;
    }
    disk_.Schedule([this, reactor, deed = std::move(deed),
                    work = std::move(work)]() mutable {
      deed.outcome = work(deed);
      doors_.audit->Note(deed);
      --waiting_;
      reactor->Finish(rpc::ToGrpc(deed.outcome));
    });
    return reactor;
  }

  absl::Status TakePlace() {
    if (enrollment_ == nullptr) {
      return absl::FailedPreconditionError(
          "this coordinator signs no certificates; start it with "
          "--issuer-cert and --issuer-key, or issue a certificate with `ksoctl "
          "certs issue worker NAME`");
    }
    if (++waiting_ > kMostWaiting) {
      --waiting_;
      return absl::ResourceExhaustedError(
          "too many certificates are asked for at once; try again");
    }
    return absl::OkStatus();
  }

  const Doors doors_;
  Enrollment* const enrollment_;
  std::atomic<int> waiting_ = 0;
  // The last member, so that its thread ends before the others go.
  Executor disk_{1};
};

}  // namespace

std::unique_ptr<grpc::Service> CreateEnrollmentService(const Doors& doors,
                                                       Enrollment* enrollment) {
  return std::make_unique<EnrollmentServiceImpl>(doors, enrollment);
}

}  // namespace kso::coordinator
