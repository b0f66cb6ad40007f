// SPDX-License-Identifier: Apache-2.0
#include "tests/scale/fleet.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/channel.h"
#include "kso/v1/build.grpc.pb.h"
#include "tests/scale/load.h"

namespace kso::scale {

namespace {

using Channel = std::shared_ptr<grpc::Channel>;

absl::StatusOr<Channel> ConnectAs(access::Role role, const std::string& name,
                                  const std::string& coordinator,
                                  const FarmCertificates& certificates) {
  KSO_ASSIGN_OR_RETURN(const rpc::ChannelSecurity security,
                       certificates.Issue(role, name));
  return rpc::CreateSecureChannel(coordinator, security);
}

}  // namespace

Fleet::Fleet(const Options& options) {
  std::vector<Channel> channels;
  for (int i = 0; i < options.connections; ++i) {
    channels.push_back(rpc::CreateChannel(options.coordinator));
  }
  for (int i = 0; i < options.workers; ++i) {
    const std::string name = absl::StrCat("worker-", i);
    const Channel channel =
        options.certificates == nullptr
            ? channels[i % channels.size()]
            : ConnectAs(access::Role::kWork, name, options.coordinator,
                        *options.certificates)
                  .value();
    workers_.push_back(std::make_unique<SimulatedWorker>(name, options.slots,
                                                         channel, &tally_));
  }
  for (const auto& worker : workers_) worker->Start();
}

Fleet::~Fleet() {
  for (const auto& worker : workers_) worker->Stop();
}

void Fleet::FinishLast() {
  for (const auto& worker : workers_) worker->FinishLast();
}

absl::Status SubmitBuilds(const std::string& coordinator, int builds, int files,
                          const FarmCertificates* certificates) {
  Channel channel = rpc::CreateChannel(coordinator);
  if (certificates != nullptr) {
    KSO_ASSIGN_OR_RETURN(channel, ConnectAs(access::Role::kSubmit, "submitter",
                                            coordinator, *certificates));
  }
  const auto stub = v1::BuildService::NewStub(channel);
  for (int i = 0; i < builds; ++i) {
    grpc::ClientContext context;
    v1::Build build;
    KSO_RETURN_IF_ERROR(rpc::FromGrpc(
        stub->SubmitBuild(&context, MakeBuild(i, files), &build)));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ListBuildsResponse> ListBuilds(
    const std::string& coordinator) {
  const auto stub = v1::BuildService::NewStub(rpc::CreateChannel(coordinator));
  grpc::ClientContext context;
  v1::ListBuildsResponse builds;
  KSO_RETURN_IF_ERROR(rpc::FromGrpc(stub->ListBuilds(&context, {}, &builds)));
  return builds;
}

}  // namespace kso::scale
