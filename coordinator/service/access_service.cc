// SPDX-License-Identifier: Apache-2.0
#include "coordinator/service/access_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "common/base/status_macros.h"
#include "common/rpc/channel.h"
#include "common/run/executor.h"
#include "kso/v1/access.grpc.pb.h"

namespace kso::coordinator {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

constexpr int kDefaultAuditRecords = 1000;
constexpr int kMostAuditRecords = 10'000;

class AccessServiceImpl : public v1::AccessService::CallbackService {
 public:
  AccessServiceImpl(const Doors& doors, TokenStore* tokens)
      : doors_(doors), tokens_(*tokens) {}

  Reactor* CreateToken(Context* context, const v1::CreateTokenRequest* request,
                       v1::CreateTokenResponse* response) override {
    return RunDeed(context, "CreateToken",
                   [this, request, response](Deed& deed) {
                     return Create(*request, *response, deed);
                   });
  }

  Reactor* ListTokens(Context* context, const v1::ListTokensRequest*,
                      v1::ListTokensResponse* response) override {
    return Run(context, [this, response] {
      for (v1::TokenInfo& info : tokens_.List()) {
        *response->add_tokens() = std::move(info);
      }
      return absl::OkStatus();
    });
  }

  Reactor* RevokeToken(Context* context, const v1::RevokeTokenRequest* request,
                       v1::TokenInfo* response) override {
    return RunDeed(context, "RevokeToken",
                   [this, request, response](Deed& deed) -> absl::Status {
                     deed.on = absl::StrCat("token ", request->id());
                     KSO_ASSIGN_OR_RETURN(*response,
                                          tokens_.Revoke(request->id()));
                     return absl::OkStatus();
                   });
  }

  Reactor* ListAudit(Context* context, const v1::ListAuditRequest* request,
                     v1::ListAuditResponse* response) override {
    return Run(context, [this, request, response]() -> absl::Status {
      const int limit =
          request->limit() <= 0 ? kDefaultAuditRecords : request->limit();
      KSO_ASSIGN_OR_RETURN(std::vector<v1::AuditRecord> records,
                           doors_.audit->Read(FromProto(request->since()),
                                              static_cast<size_t>(std::min(
                                                  limit, kMostAuditRecords))));
      for (v1::AuditRecord& record : records) {
        *response->add_records() = std::move(record);
      }
      return absl::OkStatus();
    });
  }

 private:
  // Runs `work` on the thread that may wait for the disk.
  template <typename Work>
  Reactor* Run(Context* context, Work work) {
    Reactor* reactor = context->DefaultReactor();
    disk_.Schedule([reactor, work = std::move(work)]() mutable {
      reactor->Finish(rpc::ToGrpc(work()));
    });
    return reactor;
  }

  // The same for what goes to the audit log.
  template <typename Work>
  Reactor* RunDeed(Context* context, const char* what, Work work) {
    Deed deed;
    deed.who = CallerOf(*doors_.authenticator, *context);
    deed.what = what;
    return Run(context, [this, deed = std::move(deed),
                         work = std::move(work)]() mutable {
      deed.outcome = work(deed);
      doors_.audit->Note(deed);
      return deed.outcome;
    });
  }

  absl::Status Create(const v1::CreateTokenRequest& request,
                      v1::CreateTokenResponse& response, Deed& deed) {
    TokenStore::Order order;
    order.name = request.name();
    order.created_by = deed.who.name;
    deed.on = absl::StrCat("token for ", request.name());
    for (const std::string& name : request.roles()) {
      KSO_ASSIGN_OR_RETURN(const access::Role role, access::ParseRole(name));
      order.roles.Add(role);
    }
    if (request.has_expires_in()) order.life = FromProto(request.expires_in());
    if (doors_.authenticator->open() &&
        !order.roles.Contains(access::Role::kAdmin)) {
      return absl::FailedPreconditionError(
          "the first token of a farm closes it for everybody without one, so "
          "it must be an admin's: run `ksoctl tokens create NAME --role admin` "
          "and keep what it prints");
    }
    KSO_ASSIGN_OR_RETURN(response, tokens_.Create(order));
    deed.on = absl::StrCat("token ", response.info().id(), " for ",
                           response.info().name(), " (",
                           access::DescribeRoles(order.roles, ", "), ")");
    return absl::OkStatus();
  }

  const Doors doors_;
  TokenStore& tokens_;
  // The last member, so that its thread ends before the others go.
  Executor disk_{1};
};

}  // namespace

std::unique_ptr<grpc::Service> CreateAccessService(const Doors& doors,
                                                   TokenStore* tokens) {
  return std::make_unique<AccessServiceImpl>(doors, tokens);
}

}  // namespace kso::coordinator
