// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/server.h"

#include <string>

#include "absl/strings/match.h"
#include "common/rpc/channel.h"
#include "gtest/gtest.h"
#include "kso/v1/blob.grpc.pb.h"

namespace kso::rpc {
namespace {

class FailingService : public v1::BlobService::Service {
 public:
  explicit FailingService(absl::Status status) : status_(std::move(status)) {}

  grpc::Status StatBlobs(grpc::ServerContext*, const v1::StatBlobsRequest*,
                         v1::StatBlobsResponse*) override {
    return ToGrpc(status_);
  }

 private:
  const absl::Status status_;
};

absl::Status Call(const std::string& address, size_t request_bytes) {
  const auto stub = v1::BlobService::NewStub(CreateChannel(address));
  grpc::ClientContext context;
  v1::StatBlobsRequest request;
  request.add_digests(std::string(request_bytes, 'x'));
  v1::StatBlobsResponse response;
  return FromGrpc(stub->StatBlobs(&context, request, &response));
}

TEST(ServerTest, CodesAndMessagesSurviveTheWire) {
  for (const absl::Status& status :
       {absl::OkStatus(), absl::DataLossError("wrong bytes"),
        absl::NotFoundError("no such build"),
        absl::UnavailableError("later")}) {
    FailingService service(status);
    const auto server = StartServer("127.0.0.1:0", {&service});
    ASSERT_TRUE(server.ok()) << server.status();
    EXPECT_FALSE(absl::EndsWith((*server)->address(), ":0"));
    EXPECT_EQ(Call((*server)->address(), 10), status);
  }
}

TEST(ServerTest, LargePlansFitAndLargerAreRefused) {
  FailingService service(absl::OkStatus());
  const auto server = StartServer("127.0.0.1:0", {&service});
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_TRUE(Call((*server)->address(), 30 << 20).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(
      Call((*server)->address(), kMaxMessageBytes + 1)));
}

TEST(ServerTest, APortInUseIsSaid) {
  FailingService service(absl::OkStatus());
  const auto first = StartServer("127.0.0.1:0", {&service});
  ASSERT_TRUE(first.ok()) << first.status();
  FailingService other(absl::OkStatus());
  const auto second = StartServer((*first)->address(), {&other});
  EXPECT_TRUE(absl::IsUnavailable(second.status()));
  EXPECT_TRUE(
      absl::StrContains(second.status().message(), (*first)->address()));
}

}  // namespace
}  // namespace kso::rpc
