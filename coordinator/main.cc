// SPDX-License-Identifier: Apache-2.0
// kso-coordinator makes all decisions of a farm, and keeps its state.

#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "common/access/identity_uri.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/base/version.h"
#include "common/blob/blob_service.h"
#include "common/blob/disk_blob_store.h"
#include "common/http/retry.h"
#include "common/http/transport.h"
#include "common/log/program_log.h"
#include "common/metrics/exposition.h"
#include "common/metrics/process_metrics.h"
#include "common/oci/login/credentials.h"
#include "common/oci/registry/registry_flags.h"
#include "common/pki/authority.h"
#include "common/rpc/grpc_log.h"
#include "common/rpc/introspection.h"
#include "common/rpc/server.h"
#include "common/rpc/tls_files.h"
#include "common/run/clock.h"
#include "common/run/lock_checks.h"
#include "common/run/process_secrets.h"
#include "common/text/text.h"
#include "coordinator/access/access_gate.h"
#include "coordinator/access/certificate_watch.h"
#include "coordinator/access/enrollment.h"
#include "coordinator/access/farm_doors.h"
#include "coordinator/access/oidc_source.h"
#include "coordinator/api/api_server.h"
#include "coordinator/core/base/login_rules.h"
#include "coordinator/engine/engine.h"
#include "coordinator/engine/threaded_engine.h"
#include "coordinator/metrics/farm_metrics.h"
#include "coordinator/metrics/journal_metrics.h"
#include "coordinator/registry/blob_sweep.h"
#include "coordinator/registry/destinations.h"
#include "coordinator/registry/recent_answers.h"
#include "coordinator/registry/registry_actions.h"
#include "coordinator/service/access_service.h"
#include "coordinator/service/backup_service.h"
#include "coordinator/service/blob_guard.h"
#include "coordinator/service/enrollment_service.h"
#include "coordinator/service/services.h"
#include "coordinator/store/journal_log.h"
#include "coordinator/store/sqlite_state_store.h"
#include "coordinator/store/work_mark.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"
#include "spdlog/spdlog.h"

// A call is mostly small objects that one thread makes and another deletes, at
// which jemalloc takes half the time of glibc's malloc (docs/scale.md). It
// reads this when the program is loaded: what is free goes back to the system
// soon, so that a build that has ended takes no memory.
extern "C" {
const char* malloc_conf =
    "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0";
}

namespace kso::coordinator {
namespace {

struct Options {
  std::string listen = "127.0.0.1:7070";
  std::string http_listen = "127.0.0.1:7071";
  std::vector<std::string> http_hosts;
  std::string state_directory;
  rpc::TlsFiles tls;
  bool insecure_plaintext = false;
  std::string log_format = std::string(kTextLog);
  DoorOptions doors;
  std::string oidc_config;
  EnrollmentOptions enrollment;
  int worker_certificate_minutes =
      static_cast<int>(pki::kWorkerCertificateLife / absl::Minutes(1));
  int keep_builds = EngineOptions().keep_builds;
  int keep_days =
      static_cast<int>(EngineOptions().keep_builds_for / absl::Hours(24));
  int most_builds = EngineOptions().quotas.builds_of_one;
  int most_items = EngineOptions().quotas.items;
  int64_t most_gibibytes = EngineOptions().quotas.bytes >> 30;
  oci::RegistryFlags registries;
};

// The engine decides whom logins are for; where they may be used by this
// machine is left in `flags`.
absl::StatusOr<LoginRules> TakeLoginRules(oci::RegistryFlags& flags) {
  KSO_ASSIGN_OR_RETURN(LoginRules rules, LoginRules::Parse(flags.logins_for));
  flags.logins_for = rules.places();
  return rules;
}

EngineOptions EngineOptionsOf(const Options& options) {
  EngineOptions engine;
  engine.keep_builds = options.keep_builds;
  engine.keep_builds_for = absl::Hours(24) * options.keep_days;
  engine.quotas.builds_of_one = options.most_builds;
  engine.quotas.items = options.most_items;
  engine.quotas.bytes = options.most_gibibytes << 30;
  return engine;
}

// The age below which a blob is not swept: a task takes less time from pushing
// a blob to reporting it.
constexpr absl::Duration kYoung = absl::Hours(1);

void Sweep(DiskBlobStore* blobs, const BlobsInFarm& needed, absl::Time now) {
  const absl::StatusOr<SweptBlobs> report =
      SweepBlobStore(blobs, needed, now - kYoung);
  if (!report.ok()) {
    spdlog::warn("blobs that no build needs are still there: {}",
                 ToStd(report.status().message()));
  } else if (report->blobs > 0) {
    spdlog::info("deleted {} of {} that no build needs any more",
                 Count(report->blobs, "blob"), FormatBytes(report->bytes));
  }
}

// The time that calls have to end once they have been answered.
constexpr absl::Duration kGrace = absl::Seconds(5);
// Blobs of images that wait to be brought home must not take what the journal
// needs: without that the coordinator ends.
constexpr int64_t kStateReserveBytes = 64 << 20;

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// Null where no tokens of pipelines are accepted.
absl::StatusOr<std::unique_ptr<OidcSource>> OpenOidcOf(
    const Options& options, http::Transport* transport, Clock* clock) {
  if (options.oidc_config.empty()) return nullptr;
  return OidcSource::Open(options.oidc_config, transport, clock);
}

absl::StatusOr<std::unique_ptr<FarmDoors>> OpenDoorsOf(
    const Options& options, const OidcSource* oidc,
    const std::filesystem::path& directory, Clock* clock) {
  DoorOptions door_options = options.doors;
  if (oidc != nullptr) door_options.bearers.push_back(oidc);
  door_options.certificates = !options.tls.ca.empty();
  door_options.plaintext_to_others =
      options.tls.cert.empty() && (!rpc::StaysOnMachine(options.listen) ||
                                   (!options.http_listen.empty() &&
                                    !rpc::StaysOnMachine(options.http_listen)));
  if (door_options.certificates && options.tls.cert.empty()) {
    return absl::InvalidArgumentError(
        "--client-ca needs --tls-cert and --tls-key");
  }
  if (!door_options.certificates && !door_options.revoked_file.empty()) {
    return absl::InvalidArgumentError(
        "--revoked is about client certificates, and needs --client-ca");
  }
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<FarmDoors> doors,
                       FarmDoors::Open(directory, door_options, clock));
  KSO_RETURN_IF_ERROR(doors->CheckListen(options.listen));
  if (!options.http_listen.empty()) {
    KSO_RETURN_IF_ERROR(doors->CheckListen(options.http_listen));
  }
  return doors;
}

// Null where this coordinator signs no certificates.
absl::StatusOr<std::unique_ptr<Enrollment>> OpenEnrollmentOf(
    const Options& options, const std::filesystem::path& directory,
    Clock* clock) {
  EnrollmentOptions enrollment = options.enrollment;
  if (enrollment.issuer_certificate.empty() && enrollment.issuer_key.empty()) {
    return nullptr;
  }
  if (enrollment.issuer_certificate.empty() || enrollment.issuer_key.empty() ||
      options.tls.ca.empty()) {
    return absl::InvalidArgumentError(
        "--issuer-cert, --issuer-key and --client-ca belong together: workers "
        "join with a certificate that this coordinator signs and accepts");
  }
  enrollment.client_authorities = options.tls.ca;
  enrollment.trust_domain = options.doors.trust_domain.empty()
                                ? std::string(access::kDefaultTrustDomain)
                                : options.doors.trust_domain;
  enrollment.life = absl::Minutes(options.worker_certificate_minutes);
  return Enrollment::Open(directory, enrollment, clock);
}

// Null where the coordinator has no certificate.
absl::StatusOr<std::unique_ptr<CertificateWatch>> WatchCertificatesOf(
    const Options& options, Clock* clock) {
  std::vector<std::filesystem::path> files;
  for (const std::filesystem::path& file :
       {std::filesystem::path(options.tls.cert),
        options.enrollment.issuer_certificate}) {
    if (!file.empty()) files.push_back(file);
  }
  if (files.empty()) return nullptr;
  return CertificateWatch::Start(
      std::move(files),
      [](const std::string& warning) { spdlog::warn("{}", warning); }, clock);
}

rpc::ServerSecurity SecurityOf(const Options& options, const FarmDoors& doors) {
  rpc::ServerSecurity security;
  security.tls = options.tls;
  security.insecure_plaintext = options.insecure_plaintext;
  security.gate = CreateAccessGate(doors.doors());
  return security;
}

// Null where the page is turned off.
absl::StatusOr<std::unique_ptr<ApiServer>> StartPage(
    const Options& options, Engine* engine, const FarmDoors& doors,
    std::shared_ptr<prometheus::Registry> metrics, Clock* clock) {
  if (options.http_listen.empty()) return nullptr;
  if (options.tls.cert.empty()) {
    KSO_RETURN_IF_ERROR(rpc::CheckPlaintext(options.http_listen,
                                            options.insecure_plaintext,
                                            "--tls-cert and --tls-key"));
  }
  ApiServerOptions page;
  page.listen = options.http_listen;
  page.tls = options.tls;
  page.host_names = options.http_hosts;
  const metrics::Sources sources = {
      std::move(metrics), metrics::CreateProcessMetrics("kso-coordinator")};
  page.metrics = [sources](const v1::FarmStatus& farm) {
    return metrics::MetricsText(sources) +
           prometheus::TextSerializer().Serialize(FarmMetrics(farm));
  };
  return StartApiServer(page, engine, doors.doors(), clock);
}

// Says what the operator must not be surprised by.
void WarnOfOpenDoors(const FarmDoors& doors) {
  if (doors.doors().plaintext_to_others) {
    spdlog::warn(
        "--insecure-plaintext: whoever is on the network reads and changes "
        "what is sent to this coordinator, tokens too");
  }
  if (doors.doors().authenticator->open()) {
    spdlog::warn(
        "no identity is configured: every user of this machine is an admin of "
        "this farm; `ksoctl tokens create NAME --role admin` or --client-ca "
        "closes it");
  }
}

// Serves until a stop signal comes. The signals must be blocked already.
absl::Status Serve(const Options& options) {
  const std::filesystem::path directory =
      std::filesystem::absolute(options.state_directory);
  const auto metrics = std::make_shared<prometheus::Registry>();
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<StateStore> journal,
                       OpenSqliteStateStore(directory));
  const auto store = std::make_unique<JournalMetrics>(
      std::make_unique<JournalLog>(std::move(journal)), Clock::Real(),
      metrics.get());
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<WorkMark> work_mark,
                       OpenWorkMark(directory));
  KSO_ASSIGN_OR_RETURN(
      const std::unique_ptr<DiskBlobStore> blobs,
      DiskBlobStore::Create(directory / "blobs",
                            /*limits=*/std::nullopt, kStateReserveBytes));
  KSO_ASSIGN_OR_RETURN(
      const oci::Credentials credentials,
      oci::Credentials::FromEnvironment(
          [](const std::string& trouble) { spdlog::warn("{}", trouble); }));
  oci::RegistryFlags flags = options.registries;
  KSO_ASSIGN_OR_RETURN(LoginRules login_rules, TakeLoginRules(flags));
  KSO_ASSIGN_OR_RETURN(oci::SharedRegistryOptions registries,
                       oci::RegistryOptionsOf(flags));
  http::TransportOptions transfers;
  KSO_RETURN_IF_ERROR(oci::AddFarmFlags(flags, transfers));
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<http::Transport> curl,
                       http::CreateCurlTransport(transfers));
  Clock* const clock = Clock::Real();
  registries.cache = std::make_shared<oci::TokenCache>(clock);
  const std::unique_ptr<http::Transport> transport =
      http::WithRetries(std::move(curl), clock);
  std::stop_source stopping;
  const std::unique_ptr<BuildActions> actions = CreateRegistryActions(
      WithRecentAnswers(CreateDestinationOpener(
                            transport.get(), clock, &credentials, blobs.get(),
                            stopping.get_token(), std::move(registries)),
                        clock),
      [&blobs, clock](const BlobsInFarm& needed) {
        Sweep(blobs.get(), needed, clock->Now());
      },
      kActionThreads, work_mark.get());
  EngineOptions engine_options = EngineOptionsOf(options);
  engine_options.work_mark = work_mark.get();
  engine_options.logins = std::move(login_rules);
  KSO_ASSIGN_OR_RETURN(
      const std::unique_ptr<Engine> engine,
      CreateThreadedEngine(engine_options, clock, store.get(), actions.get()));

  // Issuers are named by the operator, and no release changes how they are
  // reached.
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<http::Transport> issuers,
                       http::CreateCurlTransport());
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<OidcSource> oidc,
                       OpenOidcOf(options, issuers.get(), clock));
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<FarmDoors> farm_doors,
                       OpenDoorsOf(options, oidc.get(), directory, clock));
  WarnOfOpenDoors(*farm_doors);
  const std::vector<std::unique_ptr<grpc::Service>> services =
      CreateServices(engine.get(), farm_doors->doors());
  const std::unique_ptr<grpc::Service> access_service =
      CreateAccessService(farm_doors->doors(), &farm_doors->tokens());
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<Enrollment> enrollment,
                       OpenEnrollmentOf(options, directory, clock));
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<CertificateWatch> certificates,
                       WatchCertificatesOf(options, clock));
  const std::unique_ptr<grpc::Service> enrollment_service =
      CreateEnrollmentService(farm_doors->doors(), enrollment.get());
  const std::unique_ptr<grpc::Service> backup_service =
      CreateBackupService(directory, farm_doors->doors(), clock);
  rpc::OfferIntrospection();
  BlobServiceImpl blob_service(
      blobs.get(), clock, CreateBlobGuard(engine.get(), farm_doors->doors()));
  std::vector<grpc::Service*> served = {&blob_service, access_service.get(),
                                        enrollment_service.get(),
                                        backup_service.get()};
  for (const auto& service : services) served.push_back(service.get());
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<rpc::Server> server,
                       rpc::StartServer(options.listen, served,
                                        SecurityOf(options, *farm_doors)));
  KSO_ASSIGN_OR_RETURN(
      std::unique_ptr<ApiServer> page,
      StartPage(options, engine.get(), *farm_doors, metrics, clock));
  spdlog::info("kso-coordinator {} listening on {}{}, state in {}", kVersion,
               server->address(), page ? ", dashboard on " + page->url() : "",
               directory.string());

  const sigset_t signals = StopSignals();
  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::info("stopping");
  // The engine is stopped first, so that it answers all parked calls. Outcomes
  // of actions that come after that are asked for again at the next start.
  engine->Stop();
  stopping.request_stop();
  page.reset();
  server->Shutdown(kGrace);
  return absl::OkStatus();
}

}  // namespace
}  // namespace kso::coordinator

int main(int argc, char** argv) {
  kso::KeepMemoryPrivate();
  kso::KeepFilesPrivate();
  kso::TurnOffLockChecks();
  kso::rpc::RequireTls13();
  kso::rpc::LogGrpc();
  kso::coordinator::Options options;
  CLI::App app(
      "Coordinates a kso farm: takes builds from ksoctl, gives their tasks to "
      "workers, assembles and tags the images. Everything that it must "
      "remember is in its state directory; it may be stopped and started at "
      "any time.");
  app.set_version_flag("--version",
                       "kso-coordinator " + std::string(kso::kVersion),
                       "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.add_option("--listen", options.listen,
                 "Address for ksoctl and workers; port 0 takes a free one")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--http-listen", options.http_listen,
                 "Address of the dashboard, the HTTP API and the metrics; port "
                 "0 takes a free one, and '' turns them off")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--http-host", options.http_hosts,
                 "A name under which they answer, besides localhost, the host "
                 "of --http-listen and the names of --tls-cert; \"*.\" at its "
                 "beginning stands for one label")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_option("--state-dir", options.state_directory,
                 "Directory for the farm's state; made when needed, and used "
                 "by one coordinator at a time")
      ->type_name("DIR")
      ->required();
  app.add_option("--tls-cert", options.tls.cert,
                 "This coordinator's certificate, with the intermediate ones; "
                 "TLS 1.3 is spoken then. Replaced files are read again "
                 "without a restart")
      ->type_name("FILE");
  app.add_option("--tls-key", options.tls.key,
                 "The certificate's key, which nobody else may read")
      ->type_name("FILE");
  app.add_option("--client-ca", options.tls.ca,
                 "The authority whose client certificates are identities: "
                 "spiffe://DOMAIN/kso/ROLE/NAME")
      ->type_name("FILE");
  app.add_option("--revoked", options.doors.revoked_file,
                 "Client certificates that are refused before they expire, as "
                 "`ksoctl certs revoke` lists them. A changed file is read "
                 "again without a restart")
      ->type_name("FILE");
  app.add_option("--trust-domain", options.doors.trust_domain,
                 "The DOMAIN of this farm's certificates (default: farm)")
      ->type_name("DOMAIN");
  app.add_option("--admin-token-file", options.doors.admin_token_file,
                 "Put an admin's token there, unless there is one")
      ->type_name("FILE");
  app.add_option("--issuer-cert", options.enrollment.issuer_certificate,
                 "The certificate of the authority that signs those of workers "
                 "that join; see `ksoctl workers invite`")
      ->type_name("FILE");
  app.add_option("--issuer-key", options.enrollment.issuer_key,
                 "That authority's key, which nobody else may read")
      ->type_name("FILE");
  app.add_option("--worker-cert-minutes", options.worker_certificate_minutes,
                 "How long the certificates of workers are good for; workers "
                 "renew theirs at two thirds of it")
      ->type_name("N")
      ->check(CLI::Range(1, 60 * 24 * 825))
      ->capture_default_str();
  app.add_option("--oidc-config", options.oidc_config,
                 "JSON file with the issuers of pipelines' tokens that are "
                 "accepted (GitHub Actions, GitLab CI); see docs/security.md")
      ->type_name("FILE");
  app.add_flag("--insecure-plaintext", options.insecure_plaintext,
               "Serve other machines without TLS: whoever is on the network "
               "reads and changes everything, tokens too");
  app.add_option("--keep-builds", options.keep_builds,
                 "How many ended builds are kept, the newest; older ones are "
                 "forgotten, and what only they had in the state directory is "
                 "deleted. Images in registries are never touched")
      ->type_name("N")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--keep-days", options.keep_days,
                 "How many days a build is kept after its end; the newest of "
                 "each release's name is kept longer")
      ->type_name("N")
      ->check(CLI::Range(1, 36500))
      ->capture_default_str();
  app.add_option("--most-builds", options.most_builds,
                 "How many builds that have not ended one identity may have")
      ->type_name("N")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--most-items", options.most_items,
                 "How many files and images a release may have")
      ->type_name("N")
      ->check(CLI::Range(1, 10000000))
      ->capture_default_str();
  app.add_option("--most-gib", options.most_gibibytes,
                 "How many GiB one build may fetch, and push")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 30))
      ->capture_default_str();
  app.add_option("--log-format", options.log_format,
                 "The log on stderr: text for people, or json, one object a "
                 "line with the ids of builds, tasks and workers")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  for (const kso::oci::RegistryFlag& flag : kso::oci::kRegistryFlags) {
    app.add_option(flag.name, options.registries.*flag.values, flag.help)
        ->type_name(flag.meta)
        ->allow_extra_args(false);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  // The signals are blocked before any thread starts, so that only Serve takes
  // them.
  const sigset_t signals = kso::coordinator::StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  kso::StartProgramLog("kso-coordinator", kso::LogFormatOf(options.log_format));
  const absl::Status status = kso::coordinator::Serve(options);
  if (status.ok()) return EXIT_SUCCESS;
  spdlog::error("{}", kso::ToStd(status.message()));
  return status.code() == absl::StatusCode::kInvalidArgument ? 2 : 1;
}
