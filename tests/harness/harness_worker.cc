// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/harness_worker.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/blob/grpc_blob_store.h"
#include "common/http/retry.h"
#include "common/oci/destination.h"
#include "common/oci/manifest.h"
#include "common/rpc/channel.h"
#include "common/run/clock.h"
#include "worker/host_reports.h"
#include "worker/task_dispatcher.h"

namespace kso::testing {
namespace {

// In place of running an image: all that it is made of is at its destination.
absl::Status CheckClosure(const v1::Task& task, oci::ImageStore& store) {
  const v1::VerifyImage& verify = task.verify_image();
  const std::string repository =
      oci::DestinationRepository(task.destination(), verify.image());
  KSO_ASSIGN_OR_RETURN(
      const v1::Document document,
      store.GetManifest(repository, verify.manifest().digest()));
  KSO_ASSIGN_OR_RETURN(
      const oci::Manifest manifest,
      oci::ParseManifest(document.content(), verify.manifest().media_type()));
  std::vector<v1::Descriptor> blobs = manifest.layers;
  blobs.push_back(manifest.config);
  for (const v1::Descriptor& blob : blobs) {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
    KSO_ASSIGN_OR_RETURN(const bool there, store.HasBlob(repository, digest));
    if (!there) {
      return absl::NotFoundError(absl::StrCat(
          verify.variant(), " lacks its blob ", digest.ToString()));
    }
  }
  return absl::OkStatus();
}

class HarnessExecutor : public worker::TaskExecutor {
 public:
  HarnessExecutor(worker::TaskExecutor* next, worker::ImageStores* stores,
                  HarnessWorker::BeforeTask before_task,
                  HarnessWorker::Execute execute)
      : next_(next),
        stores_(stores),
        before_task_(std::move(before_task)),
        execute_(std::move(execute)) {}

  absl::StatusOr<v1::TaskResult> Execute(
      const v1::Task& task, worker::TaskControl& control) override {
    if (before_task_) before_task_(task, control);
    if (control.cancelled()) return absl::CancelledError("cancelled");
    if (execute_) return execute_(task, control, *next_);
    if (!task.has_verify_image()) return next_->Execute(task, control);
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<oci::ImageStore> store,
                         stores_->OpenDestination(task.destination(), control));
    KSO_RETURN_IF_ERROR(CheckClosure(task, *store));
    v1::TaskResult result;
    result.mutable_verified_image()->set_native(true);
    result.mutable_verified_image()->add_checks("everything is there");
    return result;
  }

 private:
  worker::TaskExecutor* const next_;
  worker::ImageStores* const stores_;
  const HarnessWorker::BeforeTask before_task_;
  const HarnessWorker::Execute execute_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HarnessWorker>> HarnessWorker::Start(
    const Options& options) {
  std::unique_ptr<HarnessWorker> self(new HarnessWorker());
  self->info_.set_name(options.name);
  self->info_.set_slots(4);
  self->info_.set_can_execute(options.can_execute);
  v1::PlatformSupport& support = *self->info_.add_platforms();
  support.mutable_platform()->set_os("linux");
  support.mutable_platform()->set_architecture(options.architecture);
  support.set_native(true);

  KSO_ASSIGN_OR_RETURN(self->cache_,
                       DiskBlobStore::Create(options.directory / "blobs"));
  Clock* const clock = Clock::Real();
  self->host_limits_ = std::make_unique<http::HostLimits>(clock);
  KSO_ASSIGN_OR_RETURN(auto curl, http::CreateCurlTransport());
  self->transport_ =
      http::WithHostLimits(std::move(curl), self->host_limits_.get());
  KSO_ASSIGN_OR_RETURN(auto registry_curl, http::CreateCurlTransport());
  self->registry_transport_ = http::WithRetries(
      http::WithHostLimits(std::move(registry_curl), self->host_limits_.get()),
      clock);
  const auto channel = rpc::CreateChannel(options.coordinator);
  self->workers_ = v1::WorkerService::NewStub(channel);
  self->blob_service_ = v1::BlobService::NewStub(channel);
  self->stores_ = worker::CreateImageStores(
      self->registry_transport_.get(), clock, &self->credentials_,
      [blobs = self->blob_service_.get(),
       watch = &self->call_watch_](std::stop_token stop) {
        return CreateGrpcBlobStore(blobs, watch, std::move(stop));
      });
  self->dispatcher_ =
      worker::CreateTaskDispatcher({.clock = clock,
                                    .transport = self->transport_.get(),
                                    .stores = self->stores_.get(),
                                    .cache = self->cache_.get(),
                                    .directory = options.directory,
                                    .verify = {}});
  self->executor_ = std::make_unique<HarnessExecutor>(
      self->dispatcher_.get(), self->stores_.get(), options.before_task,
      options.execute);
  self->session_ = std::make_unique<worker::Session>(
      self->workers_.get(), clock,
      [self = self.get(), clock] {
        v1::WorkerInfo info = self->info_;
        worker::AddHostReports(*self->host_limits_, clock->Now(), info);
        return info;
      },
      [](const std::string&) {});
  worker::Session* const session = self->session_.get();
  self->runner_ = std::make_unique<worker::Runner>(
      self->info_.slots(), self->executor_.get(),
      [session] { session->Wake(); });
  self->thread_ = std::thread(
      [session, runner = self->runner_.get()] { session->Run(*runner); });
  return self;
}

HarnessWorker::~HarnessWorker() {
  if (session_ != nullptr) session_->Stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace kso::testing
