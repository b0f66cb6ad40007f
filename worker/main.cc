// SPDX-License-Identifier: Apache-2.0
// kso-worker: takes leases from a coordinator and does them on this machine.

#include <fcntl.h>
#include <sys/file.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "common/base/clock.h"
#include "common/base/lock_checks.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/base/version.h"
#include "common/blob/disk_blob_store.h"
#include "common/blob/grpc_blob_store.h"
#include "common/blob/nearby_blob_store.h"
#include "common/http/host_limits.h"
#include "common/http/retry.h"
#include "common/http/transport.h"
#include "common/layer/encode_pool.h"
#include "common/oci/credentials.h"
#include "common/oci/manifest.h"
#include "common/oci/registry_options.h"
#include "common/rpc/call_watch.h"
#include "common/rpc/channel.h"
#include "kso/v1/blob.grpc.pb.h"
#include "spdlog/spdlog.h"
#include "worker/description.h"
#include "worker/fetch/partial_file.h"
#include "worker/health_watch.h"
#include "worker/host_reports.h"
#include "worker/runner.h"
#include "worker/session.h"
#include "worker/stop_signals.h"
#include "worker/task_dispatcher.h"
#include "worker/unpack/layer_cache.h"
#include "worker/verify/container.h"

namespace kso::worker {
namespace {

struct Options {
  std::string coordinator = "127.0.0.1:7070";
  std::string cache_directory;
  std::string name;
  std::vector<std::string> platforms;
  int slots = 0;
  int64_t least_free_mebibytes = 1024;
  int64_t cache_mebibytes = 51200;
  int drain_seconds = 300;
  int least_kibibytes_per_second = 1;
  std::vector<std::string> token_realms;
};

// What stopped downloads may keep of the cache between two runs.
constexpr int64_t kPartialShare = 10;
// What unpacked layers of images that were verified may keep of it.
constexpr int64_t kLayerShare = 4;

// Keeps a second worker away from a cache directory while this one runs.
absl::Status LockDirectory(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return absl::FailedPreconditionError(
        Concat("cannot make ", directory.string(), ": ", error.message()));
  }
  const std::string path = (directory / "lock").string();
  // Held until the process ends.
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    return absl::FailedPreconditionError(Concat("cannot write ", path));
  }
  if (flock(file, LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Concat("another worker uses ", directory.string(),
             "; give each worker a --cache-dir of its own"));
}

void LogDescription(const v1::WorkerInfo& info) {
  for (const v1::PlatformSupport& support : info.platforms()) {
    spdlog::info("offers {} ({})", oci::FormatPlatform(support.platform()),
                 support.native() ? "native" : "emulated");
  }
  if (!info.can_execute()) {
    spdlog::warn("cannot run images to verify them: {}",
                 info.cannot_execute_reason());
  }
}

std::unique_ptr<StopSignals::Watch> WatchSignals(StopSignals& signals,
                                                 Session& session,
                                                 int drain_seconds) {
  return signals.Start([&session, drain_seconds](int count) {
    if (count == 1) {
      spdlog::info(
          "asked to stop: finishing what is under way, handing back what is "
          "not done in {} s; a second signal stops at once",
          drain_seconds);
      session.Drain(absl::Seconds(drain_seconds));
    } else if (count == 2) {
      spdlog::info("asked to stop at once");
      session.Stop();
    } else {
      // What is on disk is whole at any moment; the next start cleans up.
      std::_Exit(EXIT_FAILURE);
    }
  });
}

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

absl::Status Work(const Options& options, StopSignals& signals) {
  const std::filesystem::path directory =
      std::filesystem::absolute(options.cache_directory);
  KSO_RETURN_IF_ERROR(LockDirectory(directory));
  KSO_ASSIGN_OR_RETURN(const v1::WorkerInfo info,
                       DescribeWorker({.name = options.name,
                                       .platforms = options.platforms,
                                       .slots = options.slots,
                                       .cache_directory = directory}));
  const int64_t least_free = options.least_free_mebibytes << 20;
  const int64_t cache_bytes = options.cache_mebibytes << 20;
  const int64_t layer_bytes = cache_bytes / kLayerShare;
  std::unique_ptr<ContainerRuntime> runtime;
  if (info.can_execute()) runtime = CreateRuncRuntime(directory / "runc");
  // What the worker before this has left goes, now that nothing runs in it.
  const std::filesystem::path verify_directory = directory / "verify";
  std::error_code ignored;
  std::filesystem::remove_all(verify_directory, ignored);
  const std::filesystem::path partial = directory / "partial";
  DeletePartialFiles(partial, cache_bytes / kPartialShare);
  std::unique_ptr<LayerCache> layers;
  KSO_ASSIGN_OR_RETURN(
      const std::unique_ptr<DiskBlobStore> cache,
      DiskBlobStore::Create(
          directory / "blobs",
          DiskLimits{.max_bytes = cache_bytes - layer_bytes,
                     .min_free_bytes = least_free,
                     .first_resort =
                         [&] {
                           if (layers == nullptr) return;
                           layers->RemoveIdle();
                         },
                     .last_resort = [&] { DeletePartialFiles(partial, 0); }}));
  KSO_ASSIGN_OR_RETURN(const oci::Credentials credentials,
                       oci::Credentials::FromEnvironment());
  KSO_ASSIGN_OR_RETURN(oci::TokenRealms token_realms,
                       oci::ParseTokenRealms(options.token_realms));
  Clock* const clock = Clock::Real();
  http::HostLimits host_limits(clock);
  http::TransportOptions transfers;
  transfers.least_bytes_per_second = int64_t{options.least_kibibytes_per_second}
                                     << 10;
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<http::Transport> curl,
                       http::CreateCurlTransport(transfers));
  const std::unique_ptr<http::Transport> transport =
      http::WithHostLimits(std::move(curl), &host_limits);
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<http::Transport> registry_curl,
                       http::CreateCurlTransport(transfers));
  const std::unique_ptr<http::Transport> retrying = http::WithRetries(
      http::WithHostLimits(std::move(registry_curl), &host_limits), clock);

  const std::shared_ptr<grpc::Channel> channel =
      rpc::CreateChannel(options.coordinator);
  const auto workers = v1::WorkerService::NewStub(channel);
  const auto blobs = v1::BlobService::NewStub(channel);
  rpc::CallWatch call_watch(clock);
  NearbyPlace coordinator_blobs;
  const std::unique_ptr<ImageStores> stores = CreateImageStores(
      retrying.get(), clock, &credentials,
      [&](std::stop_token stop) {
        return CreateNearbyBlobStore(
            CreateGrpcBlobStore(blobs.get(), &call_watch, std::move(stop)),
            &coordinator_blobs);
      },
      {.cache = std::make_shared<oci::TokenCache>(clock),
       .realms = std::move(token_realms)});

  layers =
      std::make_unique<LayerCache>(directory / "layers", layer_bytes,
                                   BootOfThisMachine(), cache.get(), clock);

  EncodePool encode_pool(static_cast<int>(std::thread::hardware_concurrency()));
  const std::unique_ptr<TaskExecutor> dispatcher = CreateTaskDispatcher(
      {.clock = clock,
       .transport = transport.get(),
       .stores = stores.get(),
       .cache = cache.get(),
       .encode_pool = &encode_pool,
       .directory = directory,
       .verify = {
           .stores = stores.get(),
           .cache = cache.get(),
           .layers = layers.get(),
           .clock = clock,
           .runtime = runtime.get(),
           .create_transport = [] { return http::CreateCurlTransport(); },
           .directory = verify_directory,
           .platforms = {info.platforms().begin(), info.platforms().end()}}});

  spdlog::info("worker {} with {} slots, coordinator {}, cache {}", info.name(),
               info.slots(), options.coordinator, directory.string());
  LogDescription(info);
  const auto look = [&] { return WithHealth(info, directory, least_free); };
  // Set before the session runs: not until then is the worker described.
  HealthWatch* health = nullptr;
  Session session(
      workers.get(), clock,
      [&] {
        // What the cache holds is no reason to refuse work.
        (void)cache->MakeRoom(0);
        v1::WorkerInfo now = look();
        health->Told(IsHealthy(now));
        AddHostReports(host_limits, clock->Now(), now);
        return now;
      },
      [](const std::string& change) { spdlog::info(change); });
  Runner runner(info.slots(), dispatcher.get(), [&session] { session.Wake(); });
  HealthWatch health_watch(
      clock,
      [&] {
        if (IsHealthy(look())) return true;
        // The cache is asked only when it matters, and the coordinator hears
        // of it only where that does not help.
        (void)cache->MakeRoom(0);
        return IsHealthy(look());
      },
      [&session] { session.Wake(); });
  health = &health_watch;
  const auto watch = WatchSignals(signals, session, options.drain_seconds);
  KSO_RETURN_IF_ERROR(StatusOf(session.Run(runner)));
  spdlog::info("done");
  return absl::OkStatus();
}

}  // namespace
}  // namespace kso::worker

int main(int argc, char** argv) {
  kso::TurnOffLockChecks();
  kso::rpc::ReconnectSoon();
  kso::worker::Options options;
  CLI::App app(
      "Works for a kso coordinator: fetches files and images, makes layers of "
      "them, pushes the layers, and runs finished images to verify them.\n"
      "SIGTERM lets the worker finish what it has begun, and exit with status "
      "0; a second one stops it at once, with status 1.",
      "kso-worker");
  app.set_version_flag("--version", "kso-worker " + std::string(kso::kVersion),
                       "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.add_option("--coordinator", options.coordinator,
                 "Address of the coordinator")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--cache-dir", options.cache_directory,
                 "Directory for what is fetched; made when needed, kept "
                 "between runs, and used by one worker at a time")
      ->type_name("DIR")
      ->required();
  app.add_option("--name", options.name,
                 "Name of this worker, unique in the farm (default: host name "
                 "and architecture)")
      ->type_name("NAME");
  app.add_option("--platform", options.platforms,
                 "Platform to offer, such as linux/arm64, the preferred one "
                 "first; may be repeated (default: the worker's own). The "
                 "worker does not start when it can run it neither natively "
                 "nor by emulation")
      ->type_name("OS/ARCH")
      ->allow_extra_args(false);
  app.add_option(
         "--slots", options.slots,
         "Tasks to do at the same time; looking up a name or URL counts "
         "as a quarter of one (default: one for each core, at least "
         "4)")
      ->type_name("N")
      ->check(CLI::Range(1, 256).description(""));
  app.add_option("--cache-max-mib", options.cache_mebibytes,
                 "Keep at most so much in the cache, in MiB, a quarter of it "
                 "unpacked layers; what was not used for longest goes first")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 30).description(""))
      ->capture_default_str();
  app.add_option("--min-free-mib", options.least_free_mebibytes,
                 "Leave so much disk space free, in MiB: the cache shrinks for "
                 "it, and where that is not enough, the worker takes no work")
      ->type_name("N")
      ->check(CLI::Range(0, 1 << 30).description(""))
      ->capture_default_str();
  app.add_option("--drain-timeout", options.drain_seconds,
                 "After SIGTERM, hand back to the coordinator what is not done "
                 "in so many seconds")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, 1 << 30).description(""))
      ->capture_default_str();
  app.add_option("--min-rate-kib", options.least_kibibytes_per_second,
                 "Cut a transfer, to try it again, that stays below this many "
                 "KiB a second for a minute; 0 lets it drip")
      ->type_name("N")
      ->check(CLI::Range(0, 1 << 20).description(""))
      ->capture_default_str();
  app.add_option("--token-realm", options.token_realms,
                 "A host that may give out tokens for a registry, where the "
                 "registry names one that is not its own, such as "
                 "registry.example.com=auth.example.com; may be repeated")
      ->type_name("REGISTRY=HOST")
      ->allow_extra_args(false);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  kso::worker::StopSignals signals;
  const absl::Status status = kso::worker::Work(options, signals);
  if (status.ok()) return EXIT_SUCCESS;
  spdlog::error("{}", kso::ToStd(status.message()));
  return status.code() == absl::StatusCode::kInvalidArgument ? 2 : 1;
}
