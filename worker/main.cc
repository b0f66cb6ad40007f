// SPDX-License-Identifier: Apache-2.0
// kso-worker: takes leases from a coordinator and does them on this machine.

#include <cstdlib>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "common/base/strings.h"
#include "common/base/version.h"
#include "common/log/program_log.h"
#include "common/oci/registry/registry_flags.h"
#include "common/rpc/channel.h"
#include "common/rpc/grpc_log.h"
#include "common/rpc/tls_files.h"
#include "common/run/lock_checks.h"
#include "common/run/process_secrets.h"
#include "spdlog/spdlog.h"
#include "worker/stop_signals.h"
#include "worker/worker_process.h"

namespace kso::worker {
namespace {

absl::Status Work(const WorkerOptions& options, StopSignals& signals) {
  absl::StatusOr<std::unique_ptr<WorkerProcess>> process =
      WorkerProcess::Create(options);
  return process.ok() ? (*process)->Run(signals) : process.status();
}

}  // namespace
}  // namespace kso::worker

int main(int argc, char** argv) {
  kso::KeepMemoryPrivate();
  kso::KeepFilesPrivate();
  kso::TurnOffLockChecks();
  kso::rpc::ReconnectSoon();
  kso::rpc::RequireTls13();
  kso::rpc::LogGrpc();
  kso::worker::WorkerOptions options;
  std::string log_format(kso::kTextLog);
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
  app.add_option("--ca", options.security.tls.ca,
                 "The authorities that the coordinator's certificate must come "
                 "from; TLS 1.3 is spoken then")
      ->type_name("FILE");
  app.add_option("--cert", options.security.tls.cert,
                 "This worker's certificate, spiffe://DOMAIN/kso/work/NAME "
                 "with its --name; replaced files are read again without a "
                 "restart")
      ->type_name("FILE");
  app.add_option("--key", options.security.tls.key,
                 "The certificate's key, which nobody else may read")
      ->type_name("FILE");
  app.add_option("--token-file", options.token_file,
                 "A file with this worker's token, of its --name, instead of "
                 "a certificate (default: the token in $KSO_TOKEN)")
      ->type_name("FILE");
  app.add_option("--join-token-file", options.join_token_file,
                 "A file with the one-time token of `ksoctl workers invite`: "
                 "the worker gets its certificate with it, keeps it in the "
                 "cache directory, and renews it by itself")
      ->type_name("FILE");
  app.add_flag("--insecure-plaintext", options.security.insecure_plaintext,
               "Speak to a coordinator on another machine without TLS, and "
               "serve --metrics-listen to other machines: whoever is on the "
               "network reads and changes everything");
  app.add_option("--cache-dir", options.cache_directory,
                 "Directory for what is fetched; made when needed, kept "
                 "between runs, and used by one worker at a time")
      ->type_name("DIR")
      ->required();
  app.add_flag("--allow-open-parent", options.allow_open_parent,
               "Take a --cache-dir although others may write to a directory "
               "above it: for a container's own volume, where nobody else is");
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
  app.add_flag("--no-verify", options.no_verify,
               "Run no images: fetch, pack and push only, which needs no root");
  app.add_flag("--strict-fences", options.strict_fences,
               "Run images only where nothing is missing that keeps them from "
               "this machine; otherwise results say what was missing");
  app.add_option("--subuid", options.subuid,
                 "Users and groups of this machine that those of the images "
                 "are while they run (default: 2147418112:65536, which nobody "
                 "else has)")
      ->type_name("FIRST:COUNT");
  for (const kso::oci::RegistryFlag& flag : kso::oci::kRegistryFlags) {
    app.add_option(flag.name, options.registries.*flag.values, flag.help)
        ->type_name(flag.meta)
        ->allow_extra_args(false);
  }
  app.add_option("--netrc", options.netrc_file,
                 "File with the logins of hosts that files are fetched from, "
                 "in the format of netrc (default: $NETRC, or ~/.netrc where "
                 "there is one)")
      ->type_name("FILE");
  app.add_option(
         "--metrics-listen", options.metrics_address,
         "Address to serve metrics at, for Prometheus: "
         "http://HOST:PORT/metrics, in plain text, so on loopback only, "
         "or with --insecure-plaintext and --metrics-token-file "
         "(default: nowhere)")
      ->type_name("HOST:PORT");
  app.add_option("--metrics-token-file", options.metrics_token_file,
                 "A file with a secret, which who reads the metrics has to "
                 "show as the password of any user")
      ->type_name("FILE");
  app.add_option("--log-format", log_format,
                 "The log on stderr: text for people, or json, one object a "
                 "line with the ids of builds and tasks")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  kso::StartProgramLog("kso-worker", kso::LogFormatOf(log_format));
  kso::worker::StopSignals signals;
  const absl::Status status = kso::worker::Work(options, signals);
  if (status.ok()) return EXIT_SUCCESS;
  spdlog::error("{}", kso::ToStd(status.message()));
  return status.code() == absl::StatusCode::kInvalidArgument ? 2 : 1;
}
