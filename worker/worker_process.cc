// SPDX-License-Identifier: Apache-2.0
#include "worker/worker_process.h"

#include <cstdlib>
#include <stop_token>
#include <thread>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/blob/grpc_blob_store.h"
#include "common/files/private_directory.h"
#include "common/files/remove_tree.h"
#include "common/http/netrc.h"
#include "common/http/retry.h"
#include "common/http/url.h"
#include "common/metrics/process_metrics.h"
#include "common/oci/platform.h"
#include "common/oci/registry/registry_options.h"
#include "common/rpc/channel.h"
#include "common/rpc/tls_files.h"
#include "common/rpc/token_file.h"
#include "common/text/text.h"
#include "spdlog/spdlog.h"
#include "worker/cache_prune.h"
#include "worker/description.h"
#include "worker/fetch/partial_file.h"
#include "worker/host_reports.h"
#include "worker/metrics/task_metrics.h"
#include "worker/task/task_log.h"
#include "worker/task_dispatcher.h"

namespace kso::worker {
namespace {

// The share of the cache that stopped downloads may keep between two runs: one
// tenth.
constexpr int64_t kPartialShare = 10;
// The share that unpacked layers of images that were verified may keep: a
// quarter.
constexpr int64_t kLayerShare = 4;

absl::Status StatusOf(Session::End end) {
  switch (end) {
    case Session::End::kDrained:
      return absl::OkStatus();
    case Session::End::kStopped:
      return absl::CancelledError(
          "stopped at once; what was under way is done again elsewhere");
    case Session::End::kUnheard:
      return absl::UnavailableError(
          "stopped without the coordinator, which does not answer; what was "
          "under way is done again elsewhere");
  }
  return absl::InternalError("the session ended in no known way");
}

}  // namespace

absl::StatusOr<std::unique_ptr<WorkerProcess>> WorkerProcess::Create(
    const WorkerOptions& options) {
  std::unique_ptr<WorkerProcess> process(new WorkerProcess(options));
  KSO_RETURN_IF_ERROR(process->TakeDirectory());
  KSO_RETURN_IF_ERROR(process->MakeTransports());
  KSO_RETURN_IF_ERROR(process->ConnectToCoordinator());
  KSO_RETURN_IF_ERROR(process->OpenStores());
  process->MakeExecutor();
  process->MakeSession();
  KSO_RETURN_IF_ERROR(process->ServeMetrics());
  return process;
}

WorkerProcess::WorkerProcess(const WorkerOptions& options)
    : options_(options),
      directory_(std::filesystem::absolute(options.cache_directory)),
      encode_pool_(static_cast<int>(std::thread::hardware_concurrency())) {}

int64_t WorkerProcess::layer_bytes() const {
  return cache_bytes() / kLayerShare;
}

std::filesystem::path WorkerProcess::partial_directory() const {
  return directory_ / "partial";
}

std::filesystem::path WorkerProcess::verify_directory() const {
  return directory_ / "verify";
}

absl::Status WorkerProcess::TakeDirectory() {
  if (!options_.allow_open_parent) {
    KSO_RETURN_IF_ERROR(
        CheckWayTo(directory_, "cache directory", kAllowOpenParent));
  }
  KSO_RETURN_IF_ERROR(MakePrivateDirectory(directory_, "cache directory"));
  KSO_ASSIGN_OR_RETURN(
      FileLock lock, FileLock::TryLock(directory_ / "lock",
                                       "give each worker a --cache-dir of its "
                                       "own"));
  lock_.emplace(std::move(lock));
  KSO_ASSIGN_OR_RETURN(const Description description,
                       DescribeWorker({.name = options_.name,
                                       .platforms = options_.platforms,
                                       .slots = options_.slots,
                                       .cache_directory = directory_,
                                       .no_verify = options_.no_verify,
                                       .strict_fences = options_.strict_fences,
                                       .subuid = options_.subuid}));
  info_ = description.info;
  if (description.fences.has_value()) {
    runtime_ = CreateRuncRuntime(directory_ / "runc", *description.fences);
  }
  // The files of the worker before this one go, now that nothing runs in them.
  RemoveTree(verify_directory()).IgnoreError();
  DeletePartialFiles(partial_directory(), cache_bytes() / kPartialShare);
  return absl::OkStatus();
}

absl::Status WorkerProcess::MakeTransports() {
  http::TransportOptions transfers;
  transfers.least_bytes_per_second =
      int64_t{options_.least_kibibytes_per_second} << 10;
  KSO_RETURN_IF_ERROR(oci::AddFarmFlags(options_.registries, transfers));
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<http::Transport> curl,
                       http::CreateCurlTransport(transfers));
  KSO_ASSIGN_OR_RETURN(http::Netrc netrc,
                       http::Netrc::FromFile(options_.netrc_file));
  KSO_ASSIGN_OR_RETURN(const oci::SharedRegistryOptions registries,
                       oci::RegistryOptionsOf(options_.registries));
  transport_ = http::WithNetrc(
      http::WithHostLimits(transfer_metrics_.Metered(std::move(curl)),
                           &host_limits_),
      std::move(netrc), [logins = registries.logins](const http::Url& url) {
        return logins.CheckFile(url).ok();
      });
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<http::Transport> registry_curl,
                       http::CreateCurlTransport(transfers));
  registry_transport_ = http::WithRetries(
      http::WithHostLimits(transfer_metrics_.Metered(std::move(registry_curl)),
                           &host_limits_),
      clock_);
  return absl::OkStatus();
}

absl::Status WorkerProcess::ConnectToCoordinator() {
  rpc::ChannelSecurity security = options_.security;
  KSO_RETURN_IF_ERROR(Join(security));
  if (!options_.token_file.empty() || security.tls.cert.empty()) {
    KSO_ASSIGN_OR_RETURN(security.token, rpc::ReadToken(options_.token_file));
  }
  if (security.tls.ca.empty() && !rpc::StaysOnMachine(options_.coordinator) &&
      security.insecure_plaintext) {
    spdlog::warn(
        "--insecure-plaintext: whoever is on the network reads and changes "
        "what is sent to {}",
        options_.coordinator);
  }
  KSO_ASSIGN_OR_RETURN(
      const std::shared_ptr<grpc::Channel> channel,
      rpc::CreateSecureChannel(options_.coordinator, security));
  workers_ = v1::WorkerService::NewStub(channel);
  blobs_ = v1::BlobService::NewStub(channel);
  if (identity_ != nullptr) {
    signer_ = CreateCertificateSigner(channel);
    KSO_ASSIGN_OR_RETURN(renewal_, CertificateRenewal::Start(
                                       identity_.get(), signer_.get(), clock_));
  }
  return absl::OkStatus();
}

absl::Status WorkerProcess::Join(rpc::ChannelSecurity& security) {
  if (options_.join_token_file.empty()) return absl::OkStatus();
  if (security.tls.ca.empty() || !security.tls.cert.empty() ||
      !options_.token_file.empty()) {
    return absl::InvalidArgumentError(
        "--join-token-file needs --ca, so that the token goes to the "
        "coordinator only, and takes the place of --cert, --key and "
        "--token-file");
  }
  KSO_ASSIGN_OR_RETURN(identity_, WorkerIdentity::Open(directory_ / "identity",
                                                       info_.name(), clock_));
  if (!identity_->Joined()) {
    KSO_ASSIGN_OR_RETURN(const std::string token,
                         rpc::ReadToken(options_.join_token_file));
    KSO_ASSIGN_OR_RETURN(
        const std::shared_ptr<grpc::Channel> channel,
        rpc::CreateSecureChannel(options_.coordinator, security));
    const absl::Status joined =
        identity_->Join(*CreateCertificateSigner(channel), token);
    if (!joined.ok()) {
      return Prefixed(joined, Concat("cannot join the farm at ",
                                     options_.coordinator, ": "));
    }
    spdlog::info("joined the farm as {}", info_.name());
  }
  security.tls.cert = identity_->certificate_file().string();
  security.tls.key = identity_->key_file().string();
  return absl::OkStatus();
}

absl::Status WorkerProcess::OpenStores() {
  KSO_ASSIGN_OR_RETURN(credentials_, oci::Credentials::FromEnvironment(
                                         [](const std::string& trouble) {
                                           spdlog::warn("{}", trouble);
                                         }));
  KSO_ASSIGN_OR_RETURN(oci::SharedRegistryOptions registries,
                       oci::RegistryOptionsOf(options_.registries));
  registries.cache = std::make_shared<oci::TokenCache>(clock_);
  stores_ = CreateImageStores(
      registry_transport_.get(), clock_, &credentials_,
      [this](std::stop_token stop) {
        return CreateNearbyBlobStore(
            CreateGrpcBlobStore(blobs_.get(), &call_watch_, std::move(stop)),
            &coordinator_blobs_);
      },
      std::move(registries));
  const DiskLimits limits = {
      .max_bytes = cache_bytes() - layer_bytes(),
      .min_free_bytes = options_.least_free_mebibytes << 20,
      .min_free_files = kLeastFreeFiles,
      .first_resort =
          [this] {
            if (layers_ != nullptr) layers_->RemoveIdle();
          },
      .last_resort = [this] { DeletePartialFiles(partial_directory(), 0); }};
  KSO_ASSIGN_OR_RETURN(cache_,
                       DiskBlobStore::Create(directory_ / "blobs", limits));
  layers_ =
      std::make_unique<LayerCache>(directory_ / "layers", layer_bytes(),
                                   BootOfThisMachine(), cache_.get(), clock_);
  return absl::OkStatus();
}

void WorkerProcess::MakeExecutor() {
  std::unique_ptr<TaskExecutor> dispatcher = CreateTaskDispatcher(
      {.clock = clock_,
       .transport = transport_.get(),
       .stores = stores_.get(),
       .cache = cache_.get(),
       .encode_pool = &encode_pool_,
       .directory = directory_,
       .verify = {
           .stores = stores_.get(),
           .cache = cache_.get(),
           .layers = layers_.get(),
           .clock = clock_,
           .runtime = runtime_.get(),
           .no_runtime_reason = info_.cannot_execute_reason(),
           .create_transport =
               [] {
                 // The image runs in a network of its own.
                 return http::CreateCurlTransport({.use_proxy = false});
               },
           .directory = verify_directory(),
           .platforms = {info_.platforms().begin(), info_.platforms().end()}}});
  executor_ = std::make_unique<TaskMetrics>(
      std::make_unique<TaskLog>(std::move(dispatcher), clock_), clock_,
      metrics_.get());
}

void WorkerProcess::MakeSession() {
  session_ = std::make_unique<Session>(
      workers_.get(), clock_, [this] { return Describe(); },
      [](const std::string& change) { spdlog::info(change); },
      [this](const v1::SyncResponse& answer) { prunes_->Hear(answer); });
  const auto wake = [session = session_.get()] { session->Wake(); };
  prunes_ = std::make_unique<PruneRunner>(
      [this](const v1::CachePruning& pruning) { return Prune(pruning); }, wake);
  runner_ = std::make_unique<Runner>(info_.slots(), executor_.get(), wake);
  health_ = std::make_unique<HealthWatch>(
      clock_, [this] { return IsHealthyOrCanBe(); }, wake);
}

absl::Status WorkerProcess::ServeMetrics() {
  const std::string& address = options_.metrics_address;
  if (address.empty()) return absl::OkStatus();
  KSO_RETURN_IF_ERROR(rpc::CheckPlaintext(
      address, options_.security.insecure_plaintext,
      "serve metrics on loopback, for a collector on this machine"));
  std::string token;
  if (!options_.metrics_token_file.empty()) {
    KSO_ASSIGN_OR_RETURN(token, rpc::ReadToken(options_.metrics_token_file));
  } else if (!rpc::StaysOnMachine(address)) {
    return absl::InvalidArgumentError(
        Concat("whoever reaches ", address,
               " would read this worker's metrics; name a file with a secret "
               "that they have to show: --metrics-token-file"));
  }
  if (!rpc::StaysOnMachine(address)) {
    spdlog::warn(
        "--insecure-plaintext: whoever is on the network reads this worker's "
        "metrics, and their token, on the way from {}",
        address);
  }
  KSO_ASSIGN_OR_RETURN(
      metrics_server_,
      metrics::CreateMetricsServer(
          address, {metrics_, metrics::CreateProcessMetrics("kso-worker")},
          token));
  return absl::OkStatus();
}

absl::Status WorkerProcess::Run(StopSignals& signals) {
  spdlog::info("worker {} with {} slots, coordinator {}, cache {}",
               info_.name(), info_.slots(), options_.coordinator,
               directory_.string());
  LogDescription();
  const std::unique_ptr<StopSignals::Watch> watch =
      signals.Start([this](int count) { OnSignal(count); });
  KSO_RETURN_IF_ERROR(StatusOf(session_->Run(*runner_)));
  spdlog::info("done");
  return absl::OkStatus();
}

void WorkerProcess::LogDescription() const {
  for (const v1::PlatformSupport& support : info_.platforms()) {
    spdlog::info("offers {} ({})", oci::FormatPlatform(support.platform()),
                 support.native() ? "native" : "emulated");
  }
  if (!info_.can_execute()) {
    spdlog::warn("cannot run images to verify them: {}",
                 info_.cannot_execute_reason());
  }
  for (const std::string& fence : info_.missing_fences()) {
    spdlog::warn("runs images without a {}", fence);
  }
  for (const std::string& remark : info_.remarks()) spdlog::warn("{}", remark);
}

v1::WorkerInfo WorkerProcess::Describe() {
  // A cache that has grown is no reason to refuse work.
  (void)cache_->MakeRoom(0);
  v1::WorkerInfo now = Look();
  now.set_cache_bytes(cache_->UsedBytes());
  prunes_->AddReport(now);
  health_->Told(IsHealthy(now));
  AddHostReports(host_limits_, clock_->Now(), now);
  transfer_metrics_.AddTraffic(now);
  return now;
}

v1::PruneReport WorkerProcess::Prune(const v1::CachePruning& pruning) {
  const PrunedCache cache = {.blobs = cache_.get(),
                             .layers = layers_.get(),
                             .partial_directory = partial_directory()};
  const absl::StatusOr<int64_t> freed =
      PruneCache(cache, pruning, clock_->Now());
  v1::PruneReport report;
  report.set_left_bytes(UsedBytes(cache));
  if (freed.ok()) {
    report.set_freed_bytes(*freed);
    spdlog::info("pruned the cache, as ordered: {} freed, {} left",
                 FormatBytes(*freed), FormatBytes(report.left_bytes()));
  } else {
    report.set_error(std::string(freed.status().message()));
    spdlog::warn("cannot prune the cache: {}", report.error());
  }
  return report;
}

v1::WorkerInfo WorkerProcess::Look() const {
  return WithHealth(info_, directory_, options_.least_free_mebibytes << 20);
}

bool WorkerProcess::IsHealthyOrCanBe() {
  if (IsHealthy(Look())) return true;
  (void)cache_->MakeRoom(0);
  return IsHealthy(Look());
}

void WorkerProcess::OnSignal(int count) {
  if (count == 1) {
    spdlog::info(
        "asked to stop: finishing what is under way, handing back what is "
        "not done in {} s; a second signal stops at once",
        options_.drain_seconds);
    session_->Drain(absl::Seconds(options_.drain_seconds));
  } else if (count == 2) {
    spdlog::info("asked to stop at once");
    session_->Stop();
  } else {
    // The files on disk are whole at any moment; the next start cleans up.
    std::_Exit(EXIT_FAILURE);
  }
}

}  // namespace kso::worker
