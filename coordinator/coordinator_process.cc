// SPDX-License-Identifier: Apache-2.0
#include "coordinator/coordinator_process.h"

#include <optional>
#include <utility>

#include "common/access/identity_uri.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/base/version.h"
#include "common/files/private_directory.h"
#include "common/http/retry.h"
#include "common/metrics/exposition.h"
#include "common/metrics/process_metrics.h"
#include "common/oci/registry/registry_options.h"
#include "common/rpc/introspection.h"
#include "common/text/text.h"
#include "coordinator/access/access_gate.h"
#include "coordinator/core/base/login_rules.h"
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
#include "prometheus/text_serializer.h"
#include "spdlog/spdlog.h"

namespace kso::coordinator {
namespace {

// The engine decides whom logins are for; where they may be used by this
// machine is left in `flags`.
absl::StatusOr<LoginRules> TakeLoginRules(oci::RegistryFlags& flags) {
  KSO_ASSIGN_OR_RETURN(LoginRules rules, LoginRules::Parse(flags.logins_for));
  flags.logins_for = rules.places();
  return rules;
}

EngineOptions EngineOptionsOf(const CoordinatorOptions& options) {
  EngineOptions engine;
  engine.keep_builds = options.keep_builds;
  engine.keep_builds_for = absl::Hours(24) * options.keep_days;
  engine.quotas.builds_of_one = options.most_builds;
  engine.quotas.items = options.most_items;
  engine.quotas.bytes = options.most_gibibytes << 30;
  engine.quotas.disk_bytes = options.most_disk_gibibytes << 30;
  return engine;
}

void Sweep(DiskBlobStore* blobs, const BlobsInFarm& needed, absl::Time now) {
  const absl::StatusOr<SweptBlobs> report =
      SweepBlobStore(blobs, needed, now - kYoungBlob);
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

// Null where no tokens of pipelines are accepted.
absl::StatusOr<std::unique_ptr<OidcSource>> OpenOidcOf(
    const CoordinatorOptions& options, http::Transport* transport,
    Clock* clock) {
  if (options.oidc_config.empty()) return nullptr;
  return OidcSource::Open(options.oidc_config, transport, clock);
}

absl::StatusOr<std::unique_ptr<FarmDoors>> OpenDoorsOf(
    const CoordinatorOptions& options, const OidcSource* oidc,
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
    const CoordinatorOptions& options, const std::filesystem::path& directory,
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
    const CoordinatorOptions& options, Clock* clock) {
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

rpc::ServerSecurity SecurityOf(const CoordinatorOptions& options,
                               const FarmDoors& doors) {
  rpc::ServerSecurity security;
  security.tls = options.tls;
  security.insecure_plaintext = options.insecure_plaintext;
  security.gate = CreateAccessGate(doors.doors());
  return security;
}

// Null where the page is turned off.
absl::StatusOr<std::unique_ptr<ApiServer>> StartPage(
    const CoordinatorOptions& options, Engine* engine, const FarmDoors& doors,
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

}  // namespace

absl::StatusOr<std::unique_ptr<CoordinatorProcess>> CoordinatorProcess::Create(
    const CoordinatorOptions& options) {
  std::unique_ptr<CoordinatorProcess> process(new CoordinatorProcess(options));
  KSO_RETURN_IF_ERROR(process->OpenState());
  KSO_RETURN_IF_ERROR(process->OpenRegistries());
  KSO_RETURN_IF_ERROR(process->StartEngine());
  KSO_RETURN_IF_ERROR(process->OpenDoors());
  process->MakeServices();
  KSO_RETURN_IF_ERROR(process->Serve());
  return process;
}

CoordinatorProcess::CoordinatorProcess(const CoordinatorOptions& options)
    : options_(options),
      directory_(std::filesystem::absolute(options.state_directory)),
      engine_options_(EngineOptionsOf(options)) {}

absl::Status CoordinatorProcess::OpenState() {
  if (!options_.allow_open_parent) {
    KSO_RETURN_IF_ERROR(
        CheckWayTo(directory_, "state directory", kAllowOpenParent));
  }
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<StateStore> journal,
                       OpenSqliteStateStore(directory_));
  store_ = std::make_unique<JournalMetrics>(
      std::make_unique<JournalLog>(std::move(journal)), clock_, metrics_.get());
  KSO_ASSIGN_OR_RETURN(work_mark_, OpenWorkMark(directory_));
  KSO_ASSIGN_OR_RETURN(blobs_, DiskBlobStore::Create(directory_ / "blobs",
                                                     /*limits=*/std::nullopt,
                                                     kStateReserveBytes));
  return absl::OkStatus();
}

absl::Status CoordinatorProcess::OpenRegistries() {
  KSO_ASSIGN_OR_RETURN(credentials_, oci::Credentials::FromEnvironment(
                                         [](const std::string& trouble) {
                                           spdlog::warn("{}", trouble);
                                         }));
  oci::RegistryFlags flags = options_.registries;
  KSO_ASSIGN_OR_RETURN(engine_options_.logins, TakeLoginRules(flags));
  KSO_ASSIGN_OR_RETURN(oci::SharedRegistryOptions registries,
                       oci::RegistryOptionsOf(flags));
  http::TransportOptions transfers;
  KSO_RETURN_IF_ERROR(oci::AddFarmFlags(flags, transfers));
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<http::Transport> curl,
                       http::CreateCurlTransport(transfers));
  registries.cache = std::make_shared<oci::TokenCache>(clock_);
  transport_ = http::WithRetries(std::move(curl), clock_);
  actions_ = CreateRegistryActions(
      WithRecentAnswers(
          CreateDestinationOpener(transport_.get(), clock_, &credentials_,
                                  blobs_.get(), stopping_.get_token(),
                                  std::move(registries)),
          clock_),
      [this](const BlobsInFarm& needed) {
        Sweep(blobs_.get(), needed, clock_->Now());
      },
      kActionThreads, work_mark_.get());
  return absl::OkStatus();
}

absl::Status CoordinatorProcess::StartEngine() {
  engine_options_.work_mark = work_mark_.get();
  KSO_ASSIGN_OR_RETURN(
      engine_, CreateThreadedEngine(engine_options_, clock_, store_.get(),
                                    actions_.get()));
  return absl::OkStatus();
}

absl::Status CoordinatorProcess::OpenDoors() {
  KSO_ASSIGN_OR_RETURN(issuers_, http::CreateCurlTransport());
  KSO_ASSIGN_OR_RETURN(oidc_, OpenOidcOf(options_, issuers_.get(), clock_));
  KSO_ASSIGN_OR_RETURN(doors_,
                       OpenDoorsOf(options_, oidc_.get(), directory_, clock_));
  WarnOfOpenDoors(*doors_);
  KSO_ASSIGN_OR_RETURN(enrollment_,
                       OpenEnrollmentOf(options_, directory_, clock_));
  KSO_ASSIGN_OR_RETURN(certificates_, WatchCertificatesOf(options_, clock_));
  return absl::OkStatus();
}

void CoordinatorProcess::MakeServices() {
  const Doors doors = doors_->doors();
  services_ = CreateServices(engine_.get(), doors);
  services_.push_back(CreateAccessService(doors, &doors_->tokens()));
  services_.push_back(CreateEnrollmentService(doors, enrollment_.get()));
  services_.push_back(CreateBackupService(directory_, doors, clock_));
  services_.push_back(std::make_unique<BlobServiceImpl>(
      blobs_.get(), clock_, CreateBlobGuard(engine_.get(), doors)));
  rpc::OfferIntrospection();
}

absl::Status CoordinatorProcess::Serve() {
  std::vector<grpc::Service*> served;
  for (const auto& service : services_) served.push_back(service.get());
  KSO_ASSIGN_OR_RETURN(
      server_,
      rpc::StartServer(options_.listen, served, SecurityOf(options_, *doors_)));
  KSO_ASSIGN_OR_RETURN(
      page_, StartPage(options_, engine_.get(), *doors_, metrics_, clock_));
  spdlog::info("kso-coordinator {} listening on {}{}, state in {}", kVersion,
               server_->address(),
               page_ ? ", dashboard on " + page_->url() : "",
               directory_.string());
  return absl::OkStatus();
}

void CoordinatorProcess::Stop() {
  // The engine is stopped first, so that it answers all parked calls.
  engine_->Stop();
  stopping_.request_stop();
  page_.reset();
  server_->Shutdown(kGrace);
}

}  // namespace kso::coordinator
