// SPDX-License-Identifier: Apache-2.0
// Servers and channels with TLS, and the gate in front of all methods.

#include <stdlib.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/rpc/tls_files.h"
#include "gtest/gtest.h"
#include "kso/v1/admin.grpc.pb.h"
#include "kso/v1/blob.grpc.pb.h"
#include "tests/fakes/openssl_authority.h"

namespace kso::rpc {
namespace {

using testing::OpensslAuthority;

// Counts the calls that reach a handler, of each kind.
class Handlers {
 public:
  class Callbacks : public v1::AdminService::CallbackService {
   public:
    explicit Callbacks(Handlers* handlers) : handlers_(*handlers) {}
    grpc::ServerUnaryReactor* GetVersion(grpc::CallbackServerContext* context,
                                         const v1::GetVersionRequest*,
                                         v1::GetVersionResponse*) override {
      handlers_.Note(ProofOf(*context));
      grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
      reactor->Finish(grpc::Status::OK);
      return reactor;
    }

   private:
    Handlers& handlers_;
  };

  class Streams : public v1::BlobService::Service {
   public:
    explicit Streams(Handlers* handlers) : handlers_(*handlers) {}
    grpc::Status UploadBlob(grpc::ServerContext* context,
                            grpc::ServerReader<v1::UploadBlobRequest>*,
                            v1::UploadBlobResponse*) override {
      handlers_.Note(ProofOf(*context));
      return grpc::Status::OK;
    }
    grpc::Status DownloadBlob(
        grpc::ServerContext* context, const v1::DownloadBlobRequest*,
        grpc::ServerWriter<v1::DownloadBlobResponse>* writer) override {
      handlers_.Note(ProofOf(*context));
      writer->Write(v1::DownloadBlobResponse());
      return grpc::Status::OK;
    }

   private:
    Handlers& handlers_;
  };

  std::vector<grpc::Service*> services() { return {&callbacks_, &streams_}; }
  std::vector<CallProof> entered() {
    absl::MutexLock lock(&mutex_);
    return entered_;
  }

 private:
  void Note(CallProof proof) {
    absl::MutexLock lock(&mutex_);
    entered_.push_back(std::move(proof));
  }

  Callbacks callbacks_{this};
  Streams streams_{this};
  absl::Mutex mutex_;
  std::vector<CallProof> entered_ ABSL_GUARDED_BY(mutex_);
};

// Answers every call with one status, and remembers what it was shown.
class FixedGate : public CallGate {
 public:
  explicit FixedGate(absl::Status answer) : answer_(std::move(answer)) {}

  absl::Status Admit(std::string_view method, const CallProof& proof) override {
    absl::MutexLock lock(&mutex_);
    methods_.emplace_back(method);
    proofs_.push_back(proof);
    return answer_;
  }
  std::vector<std::string> methods() {
    absl::MutexLock lock(&mutex_);
    return methods_;
  }
  CallProof last() {
    absl::MutexLock lock(&mutex_);
    return proofs_.empty() ? CallProof() : proofs_.back();
  }

 private:
  const absl::Status answer_;
  absl::Mutex mutex_;
  std::vector<std::string> methods_ ABSL_GUARDED_BY(mutex_);
  std::vector<CallProof> proofs_ ABSL_GUARDED_BY(mutex_);
};

absl::Status GetVersion(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(20));
  v1::GetVersionResponse response;
  return FromGrpc(v1::AdminService::NewStub(channel)->GetVersion(
      &context, v1::GetVersionRequest(), &response));
}

absl::Status Upload(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  v1::UploadBlobResponse response;
  const auto stub = v1::BlobService::NewStub(channel);
  const auto writer = stub->UploadBlob(&context, &response);
  writer->WritesDone();
  return FromGrpc(writer->Finish());
}

absl::Status Download(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  const auto stub = v1::BlobService::NewStub(channel);
  const auto reader = stub->DownloadBlob(&context, v1::DownloadBlobRequest());
  v1::DownloadBlobResponse response;
  while (reader->Read(&response)) {
  }
  return FromGrpc(reader->Finish());
}

class SecureServerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { RequireTls13(); }

  void Start(const ServerSecurity& security,
             const std::string& address = "127.0.0.1:0") {
    auto server = StartServer(address, handlers_.services(), security);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  void StartTls(const OpensslAuthority::Pair& pair) {
    Start({.tls = {.ca = authority_.ca(), .cert = pair.cert, .key = pair.key},
           .gate = gate_});
  }
  std::shared_ptr<grpc::Channel> Connect(const ChannelSecurity& security) {
    auto channel = CreateSecureChannel(server_->address(), security);
    EXPECT_TRUE(channel.ok()) << channel.status();
    return *channel;
  }
  ChannelSecurity Trusting(const OpensslAuthority& authority) {
    ChannelSecurity security;
    security.tls.ca = authority.ca();
    return security;
  }

  OpensslAuthority authority_;
  Handlers handlers_;
  std::shared_ptr<FixedGate> gate_ =
      std::make_shared<FixedGate>(absl::OkStatus());
  std::unique_ptr<Server> server_;
};

TEST_F(SecureServerTest, WhoIsRefusedReachesNoHandlerOfAnyKind) {
  const absl::Status refusal = absl::PermissionDeniedError("ask an admin");
  gate_ = std::make_shared<FixedGate>(refusal);
  Start({.gate = gate_});
  const auto channel = Connect({.token = "kso_secret"});
  EXPECT_EQ(GetVersion(channel), refusal);
  EXPECT_EQ(Upload(channel), refusal);
  EXPECT_EQ(Download(channel), refusal);
  EXPECT_TRUE(handlers_.entered().empty());
  EXPECT_EQ(gate_->methods(),
            (std::vector<std::string>{"/kso.v1.AdminService/GetVersion",
                                      "/kso.v1.BlobService/UploadBlob",
                                      "/kso.v1.BlobService/DownloadBlob"}));
  EXPECT_EQ(gate_->last().authorization, "Bearer kso_secret");
}

TEST_F(SecureServerTest, WhoIsAdmittedIsServed) {
  Start({.gate = gate_});
  const auto channel = Connect({.token = "kso_secret"});
  EXPECT_TRUE(GetVersion(channel).ok());
  EXPECT_TRUE(Upload(channel).ok());
  EXPECT_TRUE(Download(channel).ok());
  ASSERT_EQ(handlers_.entered().size(), 3);
  for (const CallProof& proof : handlers_.entered()) {
    EXPECT_EQ(proof.authorization, "Bearer kso_secret");
    EXPECT_FALSE(proof.has_certificate);
    EXPECT_TRUE(absl::StartsWith(proof.remote, "127.0.0.1:")) << proof.remote;
  }
}

TEST_F(SecureServerTest, TwoTokensAreSeenByGateAndHandlerAlike) {
  Start({.gate = gate_});
  grpc::ClientContext context;
  // An empty value is one, too.
  context.AddMetadata("authorization", "");
  context.AddMetadata("authorization", "Bearer kso_secret");
  v1::GetVersionResponse response;
  v1::AdminService::NewStub(Connect({}))
      ->GetVersion(&context, v1::GetVersionRequest(), &response);
  EXPECT_TRUE(gate_->last().several_authorizations);
  ASSERT_EQ(handlers_.entered().size(), 1);
  EXPECT_TRUE(handlers_.entered().front().several_authorizations);
}

TEST_F(SecureServerTest, AUnixSocketNeedsNoEncryption) {
  // A socket's path has at most 107 bytes (unix(7)).
  const testing::TempDirectory directory("/tmp");
  Start({.gate = gate_}, "unix:" + directory.string() + "/socket");
  EXPECT_TRUE(GetVersion(Connect({})).ok());
  ASSERT_EQ(handlers_.entered().size(), 1);
  EXPECT_EQ(handlers_.entered().front().remote, "unix");
}

TEST_F(SecureServerTest, APathThatIsTooLongForASocketIsNamed) {
  const auto server =
      StartServer("unix:/tmp/" + std::string(108, 'a'), handlers_.services());
  EXPECT_TRUE(absl::IsInvalidArgument(server.status())) << server.status();
  EXPECT_TRUE(absl::StrContains(server.status().message(), "107"));
}

TEST_F(SecureServerTest, TheCertificateOfAClientTellsWhoItIs) {
  StartTls(authority_.Issue("server", "IP:127.0.0.1"));
  const auto pair = authority_.Issue("box", "URI:spiffe://farm/kso/work/box");
  ChannelSecurity security = Trusting(authority_);
  security.tls.cert = pair.cert;
  security.tls.key = pair.key;
  EXPECT_TRUE(GetVersion(Connect(security)).ok());
  const std::vector<std::string> uris = {"spiffe://farm/kso/work/box"};
  EXPECT_TRUE(gate_->last().has_certificate);
  EXPECT_EQ(gate_->last().uris, uris);
  ASSERT_EQ(handlers_.entered().size(), 1);
  EXPECT_TRUE(handlers_.entered().front().has_certificate);
  EXPECT_EQ(handlers_.entered().front().uris, uris);
}

TEST_F(SecureServerTest, AClientWithoutCertificateIsForTheGateToJudge) {
  StartTls(authority_.Issue("server", "IP:127.0.0.1"));
  EXPECT_TRUE(GetVersion(Connect(Trusting(authority_))).ok());
  EXPECT_FALSE(gate_->last().has_certificate);
}

TEST_F(SecureServerTest, ClientsOfAnotherAuthorityAndExpiredOnesAreRefused) {
  StartTls(authority_.Issue("server", "IP:127.0.0.1"));
  OpensslAuthority other;
  const std::string san = "URI:spiffe://farm/kso/admin/mallory";
  for (const auto& pair : {other.Issue("mallory", san),
                           authority_.Issue("old", san, /*days=*/0)}) {
    ChannelSecurity security = Trusting(authority_);
    security.tls.cert = pair.cert;
    security.tls.key = pair.key;
    const absl::Status status = GetVersion(Connect(security));
    EXPECT_TRUE(absl::IsUnavailable(status)) << pair.cert << " " << status;
  }
  EXPECT_TRUE(gate_->methods().empty());
}

TEST_F(SecureServerTest, AServerInTheMiddleIsNotSpokenTo) {
  OpensslAuthority other;
  // Of another authority, for another host, and expired.
  for (const auto& pair :
       {other.Issue("other", "IP:127.0.0.1"),
        authority_.Issue("name", "DNS:other.example"),
        authority_.Issue("old", "IP:127.0.0.1", /*days=*/0)}) {
    StartTls(pair);
    ChannelSecurity security = Trusting(authority_);
    security.token = "kso_secret";
    const absl::Status status = GetVersion(Connect(security));
    EXPECT_TRUE(absl::IsUnavailable(status)) << pair.cert << " " << status;
    EXPECT_TRUE(gate_->methods().empty()) << pair.cert;
  }
}

TEST_F(SecureServerTest, PlainTextIsNotUnderstoodByAServerWithTls) {
  StartTls(authority_.Issue("server", "IP:127.0.0.1"));
  EXPECT_TRUE(absl::IsUnavailable(GetVersion(Connect({}))));
  EXPECT_TRUE(gate_->methods().empty());
}

TEST_F(SecureServerTest, OnlyTls13IsSpoken) {
  StartTls(authority_.Issue("server", "IP:127.0.0.1"));
  const std::string client = "openssl s_client -brief -alpn h2 -CAfile " +
                             authority_.ca() + " -connect " +
                             server_->address() + " < /dev/null";
  EXPECT_TRUE(absl::StrContains(testing::Shell(client + " -tls1_3"),
                                "Protocol version: TLSv1.3"));
  EXPECT_FALSE(absl::StrContains(
      testing::Shell(client + " -tls1_2 || echo refused"), "Protocol version"));
}

TEST_F(SecureServerTest, PlainTextOffThisMachineIsRefused) {
  for (const char* address : {"0.0.0.0:0", "192.0.2.1:7070", "[::]:0",
                              "farm.example:7070", "localhost.example:7070"}) {
    const auto server = StartServer(address, handlers_.services());
    EXPECT_TRUE(absl::IsInvalidArgument(server.status())) << address;
    const auto channel = CreateSecureChannel(address, {});
    EXPECT_TRUE(absl::IsInvalidArgument(channel.status())) << address;
    EXPECT_TRUE(
        absl::StrContains(channel.status().message(), "--insecure-plaintext"));
  }
  EXPECT_TRUE(
      CreateSecureChannel("192.0.2.1:7070", {.insecure_plaintext = true}).ok());
  EXPECT_TRUE(StartServer("0.0.0.0:0", handlers_.services(),
                          {.insecure_plaintext = true})
                  .ok());
}

TEST_F(SecureServerTest, KeysThatOthersCanReadAreRefused) {
  const auto pair = authority_.Issue("server", "IP:127.0.0.1");
  for (const mode_t mode : {0644, 0604, 0660, 0601}) {
    ASSERT_EQ(chmod(pair.key.c_str(), mode), 0);
    const auto server =
        StartServer("127.0.0.1:0", handlers_.services(),
                    {.tls = {.ca = "", .cert = pair.cert, .key = pair.key}});
    EXPECT_TRUE(absl::IsPermissionDenied(server.status())) << std::oct << mode;
    EXPECT_TRUE(absl::StrContains(server.status().message(), "chmod 600"));
  }
}

TEST_F(SecureServerTest, FilesThatDoNotFitAreNamed) {
  const auto pair = authority_.Issue("server", "IP:127.0.0.1");
  const auto other = authority_.Issue("other", "IP:127.0.0.1");
  const std::string absent = pair.cert + ".absent";
  const struct {
    TlsFiles files;
    const char* named;
  } cases[] = {
      {{authority_.ca(), pair.cert, other.key}, "other.key"},
      {{authority_.ca(), pair.key, pair.key}, "server.key"},
      {{pair.key, pair.cert, pair.key}, "server.key"},
      {{authority_.ca(), pair.cert, absent}, "absent"},
      {{authority_.ca(), absent, pair.key}, "absent"},
      {{absent, pair.cert, pair.key}, "absent"},
      {{authority_.ca(), pair.cert, ""}, "belong together"},
  };
  for (const auto& bad : cases) {
    const absl::Status status = CheckTlsFiles(bad.files);
    EXPECT_FALSE(status.ok()) << bad.named;
    EXPECT_TRUE(absl::StrContains(status.message(), bad.named)) << status;
  }
  EXPECT_TRUE(CheckTlsFiles({authority_.ca(), pair.cert, pair.key}).ok());
  EXPECT_TRUE(CheckTlsFiles({authority_.ca(), "", ""}).ok());
}

}  // namespace
}  // namespace kso::rpc
