// SPDX-License-Identifier: Apache-2.0
// kso-coordinator makes all decisions of a farm, and keeps its state.

#include <signal.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/strings.h"
#include "common/base/version.h"
#include "common/log/program_log.h"
#include "common/oci/registry/registry_flags.h"
#include "common/rpc/grpc_log.h"
#include "common/rpc/tls_files.h"
#include "common/run/lock_checks.h"
#include "common/run/process_secrets.h"
#include "coordinator/coordinator_process.h"
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

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// Serves until a stop signal comes. The signals must be blocked already.
absl::Status ServeUntilStopped(const CoordinatorOptions& options) {
  const absl::StatusOr<std::unique_ptr<CoordinatorProcess>> process =
      CoordinatorProcess::Create(options);
  if (!process.ok()) return process.status();
  const sigset_t signals = StopSignals();
  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::info("stopping");
  (*process)->Stop();
  return absl::OkStatus();
}

void AddAddressFlags(CLI::App& app, CoordinatorOptions& options) {
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
  app.add_flag("--allow-open-parent", options.allow_open_parent,
               "Take a --state-dir although others may write to a directory "
               "above it: for a container's own volume, where nobody else is");
}

void AddIdentityFlags(CLI::App& app, CoordinatorOptions& options) {
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
}

void AddLimitFlags(CLI::App& app, CoordinatorOptions& options) {
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
  app.add_option("--most-disk-gib", options.most_disk_gibibytes,
                 "How many GiB of the state directory the builds of one "
                 "identity may hold: images that are not brought home yet, and "
                 "records")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 30))
      ->capture_default_str();
}

}  // namespace
}  // namespace kso::coordinator

int main(int argc, char** argv) {
  kso::KeepMemoryPrivate();
  kso::KeepFilesPrivate();
  kso::TurnOffLockChecks();
  kso::rpc::RequireTls13();
  kso::rpc::LogGrpc();
  kso::coordinator::CoordinatorOptions options;
  std::string log_format(kso::kTextLog);
  CLI::App app(
      "Coordinates a kso farm: takes builds from ksoctl, gives their tasks to "
      "workers, assembles and tags the images. Everything that it must "
      "remember is in its state directory; it may be stopped and started at "
      "any time.");
  app.set_version_flag("--version",
                       "kso-coordinator " + std::string(kso::kVersion),
                       "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  kso::coordinator::AddAddressFlags(app, options);
  kso::coordinator::AddIdentityFlags(app, options);
  kso::coordinator::AddLimitFlags(app, options);
  app.add_option("--log-format", log_format,
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
  kso::StartProgramLog("kso-coordinator", kso::LogFormatOf(log_format));
  const absl::Status status = kso::coordinator::ServeUntilStopped(options);
  if (status.ok()) return EXIT_SUCCESS;
  spdlog::error("{}", kso::ToStd(status.message()));
  return status.code() == absl::StatusCode::kInvalidArgument ? 2 : 1;
}
