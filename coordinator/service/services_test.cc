// SPDX-License-Identifier: Apache-2.0
#include "coordinator/service/services.h"

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/blob/blob_service.h"
#include "common/bytes/digest.h"
#include "common/rpc/channel.h"
#include "common/rpc/protocol_version.h"
#include "common/rpc/server.h"
#include "common/run/clock.h"
#include "coordinator/service/blob_guard.h"
#include "gmock/gmock.h"
#include "grpcpp/client_context.h"
#include "gtest/gtest.h"
#include "kso/v1/admin.grpc.pb.h"
#include "kso/v1/blob.grpc.pb.h"
#include "kso/v1/build.grpc.pb.h"
#include "kso/v1/worker.grpc.pb.h"
#include "tests/fakes/engine_fixture.h"
#include "tests/fakes/memory_blob_store.h"

namespace kso::coordinator {
namespace {

class ServicesTest : public EngineTest {
 protected:
  ServicesTest() {
    services_ = CreateServices(engine_.get());
    std::vector<grpc::Service*> pointers;
    for (const auto& service : services_) pointers.push_back(service.get());
    auto server = rpc::StartServer("127.0.0.1:0", pointers);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = rpc::CreateChannel(server_->address());
  }
  ~ServicesTest() override {
    engine_->Stop();
    if (server_ != nullptr) server_->Shutdown(absl::Seconds(5));
  }

  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<rpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(ServicesTest, ErrorsKeepTheirCodeAndWords) {
  const auto builds = v1::BuildService::NewStub(channel_);
  grpc::ClientContext context;
  v1::GetBuildRequest request;
  request.set_build_id("nobody");
  v1::Build build;
  const grpc::Status status = builds->GetBuild(&context, request, &build);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), ::testing::HasSubstr("\"nobody\""));
}

TEST_F(ServicesTest, AParkedCallIsAnsweredByAnothersCall) {
  const auto workers = v1::WorkerService::NewStub(channel_);
  const auto builds = v1::BuildService::NewStub(channel_);
  ScriptedWorker worker("w", "amd64", "s1");
  worker.request.set_free_slots(8);
  grpc::ClientContext sync_context;
  v1::SyncResponse desired;
  absl::Notification synced;
  grpc::Status sync_status;
  workers->async()->Sync(&sync_context, &worker.request, &desired,
                         [&](grpc::Status status) {
                           sync_status = status;
                           synced.Notify();
                         });
  grpc::ClientContext context;
  v1::SubmitBuildRequest request;
  request.set_build_id("b1");
  *request.mutable_release() = release_.release;
  v1::Build build;
  EXPECT_TRUE(builds->SubmitBuild(&context, request, &build).ok());
  synced.WaitForNotification();
  EXPECT_TRUE(sync_status.ok()) << sync_status.error_message();
  EXPECT_EQ(desired.leases_size(), 4);
}

// Says that every caller is the worker "w", by certificate, until a test gives
// "w" another role.
class WorkerW : public Authenticator {
 public:
  absl::StatusOr<Principal> Identify(const Evidence&) const override {
    absl::MutexLock lock(&mutex_);
    Principal w;
    w.name = "w";
    w.roles = {role_};
    w.how = how_;
    return w;
  }
  bool open() const override { return false; }

  void Become(access::Role role, IdentifiedBy how) {
    absl::MutexLock lock(&mutex_);
    role_ = role;
    how_ = how;
  }

 private:
  mutable absl::Mutex mutex_;
  access::Role role_ ABSL_GUARDED_BY(mutex_) = access::Role::kWork;
  IdentifiedBy how_ ABSL_GUARDED_BY(mutex_) = IdentifiedBy::kCertificate;
};

class Deeds : public AuditLog {
 public:
  void Note(const Deed& deed) override {
    absl::MutexLock lock(&mutex_);
    deeds_.push_back(deed);
  }
  absl::StatusOr<std::vector<v1::AuditRecord>> Read(absl::Time,
                                                    size_t) override {
    return std::vector<v1::AuditRecord>();
  }
  std::vector<Deed> deeds() {
    absl::MutexLock lock(&mutex_);
    return deeds_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<Deed> deeds_ ABSL_GUARDED_BY(mutex_);
};

class IdentifiedTest : public ServicesTest {
 protected:
  IdentifiedTest() { Serve(); }
  ~IdentifiedTest() override {
    engine_->Stop();
    server_->Shutdown(absl::Seconds(5));
    server_.reset();
  }

  void Serve() {
    server_.reset();
    services_ = CreateServices(
        engine_.get(),
        {.authenticator = &w_, .audit = &deeds_, .plaintext_to_others = true});
    std::vector<grpc::Service*> pointers;
    for (const auto& service : services_) pointers.push_back(service.get());
    pointers.push_back(&blob_service_);
    server_ = *rpc::StartServer("127.0.0.1:0", pointers);
    channel_ = rpc::CreateChannel(server_->address());
  }
  // Begins again, with the options of now.
  void StartAnew() {
    engine_->Stop();
    server_.reset();
    Restart();
    Serve();
  }

  // Puts a blob into the farm's store and reads it, as the worker "w".
  std::vector<grpc::StatusCode> UseBlobs() {
    const auto blobs = v1::BlobService::NewStub(channel_);
    v1::UploadBlobRequest part;
    part.mutable_header()->set_digest(Sha256Of("x").ToString());
    part.mutable_header()->set_size(1);
    grpc::ClientContext upload_context;
    v1::UploadBlobResponse uploaded;
    const auto upload = blobs->UploadBlob(&upload_context, &uploaded);
    upload->Write(part);
    part.set_data("x");
    upload->Write(part);
    upload->WritesDone();
    const grpc::Status put = upload->Finish();
    v1::DownloadBlobRequest request;
    request.set_digest(Sha256Of("x").ToString());
    grpc::ClientContext download_context;
    const auto download = blobs->DownloadBlob(&download_context, request);
    v1::DownloadBlobResponse data;
    while (download->Read(&data)) {
    }
    return {put.error_code(), download->Finish().error_code()};
  }

  WorkerW w_;
  Deeds deeds_;
  kso::testing::MemoryBlobStore blobs_;
  BlobServiceImpl blob_service_{
      &blobs_, Clock::Real(),
      CreateBlobGuard(engine_.get(), {.authenticator = &w_, .audit = &deeds_})};
};

TEST_F(IdentifiedTest, AWorkerWithoutALeaseHasNothingToDoWithBlobs) {
  using ::testing::Each;
  EXPECT_THAT(UseBlobs(), Each(grpc::StatusCode::PERMISSION_DENIED));
  ASSERT_EQ(deeds_.deeds().size(), 2);
  EXPECT_EQ(deeds_.deeds()[0].what, "write a blob");
  EXPECT_EQ(deeds_.deeds()[1].what, "read a blob");
  EXPECT_EQ(deeds_.deeds()[1].who.name, "w");
  EXPECT_FALSE(deeds_.deeds()[1].outcome.ok());
  const auto workers = v1::WorkerService::NewStub(channel_);
  const auto builds = v1::BuildService::NewStub(channel_);
  v1::SubmitBuildRequest request;
  request.set_build_id("b1");
  *request.mutable_release() = release_.release;
  v1::Destination& home = *request.mutable_release()->mutable_destination();
  home.set_kind(v1::Destination::OCI_LAYOUT);
  home.set_location("/tmp/result");
  grpc::ClientContext submit_context;
  v1::Build build;
  ASSERT_TRUE(builds->SubmitBuild(&submit_context, request, &build).ok());
  // Another's lease is none of its own.
  ScriptedWorker other("other", "amd64", "s2");
  Sync(other);
  ASSERT_FALSE(other.held.empty());
  EXPECT_THAT(UseBlobs(), Each(grpc::StatusCode::PERMISSION_DENIED));
  ScriptedWorker lost("other", "amd64", "s3", /*slots=*/0);
  Sync(lost);
  ScriptedWorker worker("w", "amd64", "s1");
  Sync(worker);
  ASSERT_FALSE(worker.held.empty());
  EXPECT_THAT(UseBlobs(), Each(grpc::StatusCode::OK));
  // A new session has none of the leases of the one before.
  ScriptedWorker again("w", "amd64", "s4", /*slots=*/0);
  Sync(again);
  EXPECT_THAT(UseBlobs(), Each(grpc::StatusCode::PERMISSION_DENIED));
}

TEST_F(IdentifiedTest, WhoPushesToARegistryHasNothingToDoWithBlobs) {
  ASSERT_TRUE(Submit().ok());
  ScriptedWorker worker("w", "amd64", "s1");
  Sync(worker);
  ASSERT_FALSE(worker.held.empty());
  EXPECT_THAT(UseBlobs(), ::testing::Each(grpc::StatusCode::PERMISSION_DENIED));
}

TEST_F(IdentifiedTest, WhoMayViewReadsBlobsAndWritesNone) {
  w_.Become(access::Role::kView, IdentifiedBy::kToken);
  // The blob that is asked for is not there.
  EXPECT_THAT(UseBlobs(),
              ::testing::ElementsAre(grpc::StatusCode::PERMISSION_DENIED,
                                     grpc::StatusCode::NOT_FOUND));
}

TEST_F(IdentifiedTest, OnAnOpenFarmEverybodyUsesBlobs) {
  w_.Become(access::Role::kWork, IdentifiedBy::kOpenFarm);
  EXPECT_THAT(UseBlobs(), ::testing::Each(grpc::StatusCode::OK));
  EXPECT_TRUE(deeds_.deeds().empty());
}

TEST_F(IdentifiedTest, NobodySaysOfThemselvesWhoTheyAre) {
  options_.logins = *LoginRules::Parse(
      {release_.release.destination().location() + "=role:admin"});
  options_.quotas.submits_of_one = 1;
  StartAnew();
  const auto builds = v1::BuildService::NewStub(channel_);
  v1::SubmitBuildRequest request = RequestOf("b1");
  request.set_submitted_by("alice");
  request.add_submitter_roles("admin");
  v1::Build build;
  grpc::ClientContext refused;
  EXPECT_EQ(builds->SubmitBuild(&refused, request, &build).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  w_.Become(access::Role::kAdmin, IdentifiedBy::kToken);
  grpc::ClientContext context;
  ASSERT_TRUE(builds->SubmitBuild(&context, request, &build).ok());
  EXPECT_EQ(build.submitted_by(), "w");
  // Their one build is submitted, and another's word does not help.
  ASSERT_TRUE(Cancel("b1").ok());
  v1::RetryBuildRequest retry;
  retry.set_build_id("b1");
  retry.set_retried_by("alice");
  grpc::ClientContext again;
  EXPECT_EQ(builds->RetryBuild(&again, retry, &build).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(IdentifiedTest, AnOrderToPruneIsADeedAndWaitingForItsEndIsNone) {
  const auto admin = v1::AdminService::NewStub(channel_);
  v1::PruneCacheRequest request;
  request.set_worker("box");
  request.set_order_id("1");
  v1::PruneCacheResponse response;
  grpc::ClientContext waiting;
  EXPECT_EQ(admin->PruneCache(&waiting, request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(deeds_.deeds().empty());
  request.mutable_pruning();
  grpc::ClientContext order;
  EXPECT_EQ(admin->PruneCache(&order, request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  ASSERT_EQ(deeds_.deeds().size(), 1);
  EXPECT_EQ(deeds_.deeds()[0].what, "PruneCache");
  EXPECT_EQ(deeds_.deeds()[0].on, "worker box");
}

TEST_F(IdentifiedTest, ClientsSeeHowTheFarmIsServed) {
  const auto admin = v1::AdminService::NewStub(channel_);
  grpc::ClientContext context;
  v1::GetVersionResponse version;
  ASSERT_TRUE(admin->GetVersion(&context, {}, &version).ok());
  EXPECT_EQ(version.protocol(), rpc::kProtocol);
  EXPECT_TRUE(version.plaintext_to_others());
  EXPECT_FALSE(version.open());
}

TEST_F(IdentifiedTest, AWorkerTakesNoOthersName) {
  const auto workers = v1::WorkerService::NewStub(channel_);
  for (const char* name : {"other", "", "W"}) {
    ScriptedWorker worker(name, "amd64", "s1");
    grpc::ClientContext context;
    v1::SyncResponse desired;
    EXPECT_EQ(workers->Sync(&context, worker.request, &desired).error_code(),
              grpc::StatusCode::PERMISSION_DENIED)
        << name;
  }
  const auto admin = v1::AdminService::NewStub(channel_);
  grpc::ClientContext context;
  v1::ListWorkersResponse known;
  ASSERT_TRUE(admin->ListWorkers(&context, {}, &known).ok());
  EXPECT_EQ(known.workers_size(), 0);
  ASSERT_EQ(deeds_.deeds().size(), 3);
  EXPECT_EQ(deeds_.deeds()[0].on, "worker other");
  EXPECT_EQ(deeds_.deeds()[0].what, "Sync");
  EXPECT_EQ(deeds_.deeds()[0].who.name, "w");
  EXPECT_FALSE(deeds_.deeds()[0].outcome.ok());
}

TEST_F(IdentifiedTest, WhatChangesTheFarmIsWrittenDown) {
  const auto builds = v1::BuildService::NewStub(channel_);
  v1::Build build;
  {
    grpc::ClientContext context;
    v1::SubmitBuildRequest request;
    request.set_build_id("b1");
    *request.mutable_release() = release_.release;
    EXPECT_TRUE(builds->SubmitBuild(&context, request, &build).ok());
  }
  {
    grpc::ClientContext context;
    v1::CancelBuildRequest request;
    request.set_build_id("nothing");
    EXPECT_FALSE(builds->CancelBuild(&context, request, &build).ok());
  }
  {
    grpc::ClientContext context;
    v1::GetBuildRequest request;
    request.set_build_id("b1");
    EXPECT_TRUE(builds->GetBuild(&context, request, &build).ok());
  }
  {
    grpc::ClientContext context;
    v1::SetPriorityRequest request;
    request.set_build_id("b1");
    request.set_priority(30);
    ASSERT_TRUE(builds->SetPriority(&context, request, &build).ok());
    EXPECT_EQ(build.priority(), 30);
  }
  const std::vector<Deed> deeds = deeds_.deeds();
  ASSERT_EQ(deeds.size(), 3);
  EXPECT_EQ(deeds[2].what, "SetPriority");
  EXPECT_EQ(deeds[2].on, "build b1");
  EXPECT_EQ(deeds[0].what, "SubmitBuild");
  EXPECT_EQ(deeds[0].on, "build b1");
  EXPECT_EQ(deeds[0].who.name, "w");
  EXPECT_TRUE(deeds[0].outcome.ok());
  EXPECT_EQ(deeds[1].on, "build nothing");
  EXPECT_TRUE(absl::IsNotFound(deeds[1].outcome));
}

TEST_F(IdentifiedTest, OnesOwnBuildsAreForgottenWhateverOneSaysOfOneself) {
  for (const char* who : {"w", "other"}) {
    v1::SubmitBuildRequest request = RequestOf(absl::StrCat("of-", who));
    request.set_submitted_by(who);
    request.mutable_release()->set_name(absl::StrCat("v-", who));
    ASSERT_TRUE(Submit(request).ok());
    ASSERT_TRUE(Cancel(request.build_id()).ok());
  }
  const auto builds = v1::BuildService::NewStub(channel_);
  const auto forget = [&](const std::string& id) {
    v1::ForgetBuildRequest request;
    request.set_build_id(id);
    request.set_forgotten_by("other");
    request.set_of_everybody(true);
    grpc::ClientContext context;
    v1::ForgetBuildResponse response;
    return builds->ForgetBuild(&context, request, &response).error_code();
  };
  EXPECT_EQ(forget("of-other"), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(forget("of-w"), grpc::StatusCode::OK);
  EXPECT_EQ(forget("of-w"), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Get("of-other").state(), v1::Build::CANCELLED);
  const std::vector<Deed> deeds = deeds_.deeds();
  ASSERT_EQ(deeds.size(), 3);
  EXPECT_EQ(deeds[0].what, "ForgetBuild");
  EXPECT_EQ(deeds[0].on, "build of-other");
  EXPECT_FALSE(deeds[0].outcome.ok());
}

TEST_F(ServicesTest, ClientsThatGoAwayHarmNobody) {
  const auto workers = v1::WorkerService::NewStub(channel_);
  ScriptedWorker worker("w", "amd64", "s1");
  grpc::ClientContext context;
  v1::SyncResponse desired;
  absl::Notification ended;
  workers->async()->Sync(&context, &worker.request, &desired,
                         [&](grpc::Status) { ended.Notify(); });
  context.TryCancel();
  ended.WaitForNotification();
  const auto admin = v1::AdminService::NewStub(channel_);
  grpc::ClientContext version_context;
  v1::GetVersionResponse version;
  EXPECT_TRUE(admin->GetVersion(&version_context, {}, &version).ok());
  EXPECT_FALSE(version.version().empty());
  EXPECT_TRUE(version.open());
  EXPECT_FALSE(version.plaintext_to_others());
}

}  // namespace
}  // namespace kso::coordinator
