// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/introspection.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "common/rpc/call_gate.h"
#include "common/rpc/server.h"
#include "gmock/gmock.h"
#include "google/protobuf/wrappers.pb.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/byte_buffer.h"
#include "gtest/gtest.h"
#include "kso/v1/admin.grpc.pb.h"

namespace kso::rpc {
namespace {

using ::testing::HasSubstr;

// Admits nothing but the methods of a service.
class OneService final : public CallGate {
 public:
  explicit OneService(std::string prefix) : prefix_(std::move(prefix)) {}
  absl::Status Admit(std::string_view method, const CallProof&) override {
    return method.starts_with(prefix_)
               ? absl::OkStatus()
               : absl::PermissionDeniedError("not this one");
  }

 private:
  const std::string prefix_;
};

class IntrospectionTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { OfferIntrospection(); }

  void Serve(std::shared_ptr<CallGate> gate) {
    ServerSecurity security;
    security.gate = std::move(gate);
    auto server = StartServer("127.0.0.1:0", {&service_}, security);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = grpc::CreateChannel(server_->address(),
                                   grpc::InsecureChannelCredentials());
  }

  // HealthCheckRequest and HealthCheckResponse have one field each, the first:
  // a service's name, and 1 for SERVING.
  grpc::Status CheckHealth(const std::string& service, int& health) {
    grpc::TemplatedGenericStub<google::protobuf::StringValue,
                               google::protobuf::Int32Value>
        stub(channel_);
    google::protobuf::StringValue request;
    request.set_value(service);
    google::protobuf::Int32Value response;
    grpc::ClientContext context;
    grpc::Status status;
    absl::Notification done;
    stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &request,
                   &response, [&](grpc::Status answer) {
                     status = std::move(answer);
                     done.Notify();
                   });
    done.WaitForNotification();
    health = response.value();
    return status;
  }

  // Asks for the names of the services: the bytes of the answer.
  grpc::Status ListServices(std::string& answer) {
    grpc::GenericStub stub(channel_);
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const auto call = stub.PrepareCall(
        &context,
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        &queue);
    const auto next = [&queue] {
      void* tag = nullptr;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    };
    call->StartCall(nullptr);
    if (next()) {
      // ServerReflectionRequest.list_services, which is empty: field 7.
      const grpc::Slice slice(std::string("\x3a\x00", 2));
      call->WriteLast(grpc::ByteBuffer(&slice, 1), {}, nullptr);
      next();
    }
    grpc::ByteBuffer bytes;
    call->Read(&bytes, nullptr);
    if (next()) {
      grpc::Slice slice;
      EXPECT_TRUE(bytes.DumpToSingleSlice(&slice).ok());
      answer.assign(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    grpc::Status status;
    call->Finish(&status, nullptr);
    next();
    return status;
  }

  v1::AdminService::Service service_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(IntrospectionTest, AProbeIsToldThatTheServerServes) {
  Serve(nullptr);
  int health = 0;
  const grpc::Status status = CheckHealth("", health);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(health, 1);
  EXPECT_EQ(CheckHealth("no.such.Service", health).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(IntrospectionTest, ServicesAreDescribed) {
  Serve(nullptr);
  std::string answer;
  const grpc::Status status = ListServices(answer);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(answer, HasSubstr("kso.v1.AdminService"));
  EXPECT_THAT(answer, HasSubstr("grpc.health.v1.Health"));
}

TEST_F(IntrospectionTest, TheGateIsInFrontOfThem) {
  Serve(std::make_shared<OneService>("/kso.v1."));
  int health = 0;
  EXPECT_EQ(CheckHealth("", health).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  std::string answer;
  EXPECT_EQ(ListServices(answer).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(answer, "");
  Serve(std::make_shared<OneService>("/grpc.health."));
  EXPECT_TRUE(CheckHealth("", health).ok());
  EXPECT_EQ(ListServices(answer).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

}  // namespace
}  // namespace kso::rpc
