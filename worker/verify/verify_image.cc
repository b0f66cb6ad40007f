// SPDX-License-Identifier: Apache-2.0
#include "worker/verify/verify_image.h"

#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/remove_tree.h"
#include "common/oci/destination.h"
#include "common/oci/login/credentials.h"
#include "common/oci/manifest.h"
#include "common/oci/platform.h"
#include "common/oci/registry/registry_client.h"
#include "common/run/cancellation.h"
#include "common/site.h"
#include "common/text/text.h"
#include "worker/fetch/document_reader.h"
#include "worker/sandbox/network_namespace.h"
#include "worker/task/failure.h"
#include "worker/verify/compared_content.h"
#include "worker/verify/image_unpacker.h"
#include "worker/verify/served_files.h"
#include "worker/verify/served_images.h"
#include "worker/verify/wrong_layers.h"

namespace kso::worker {
namespace {

// An emulated program takes its time.
constexpr absl::Duration kReadyTimeout = absl::Seconds(60);
constexpr absl::Duration kLookInterval = absl::Milliseconds(10);

// A directory that is gone at the end.
class WorkDirectory {
 public:
  explicit WorkDirectory(const std::filesystem::path& parent)
      : path_(parent / RandomHex(16)) {
    // For the worker's user alone, as layers are unpacked in here.
    ::mkdir(parent.c_str(), 0700);
    ::mkdir(path_.c_str(), 0700);
  }
  ~WorkDirectory() { RemoveTree(path_).IgnoreError(); }
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path path_;
};

int Cores() { return static_cast<int>(std::thread::hardware_concurrency()); }

struct Service {
  int port = 0;
  std::string origin;
  std::string ready_path;
};

// The image serves inside the container's network, which has loopback alone.
std::string HostOf(int port) { return Concat("127.0.0.1:", port); }

Service ServiceOf(const v1::VerifyImage& work) {
  if (work.has_files()) {
    return {.port = site::kFilesPort,
            .origin = Concat("http://", HostOf(site::kFilesPort)),
            .ready_path = std::string(site::kHealthPath)};
  }
  return {.port = site::kImagesPort,
          .origin = Concat("http://", HostOf(site::kImagesPort)),
          .ready_path = "/v2/"};
}

absl::Status Ended(Container& container) {
  return absl::FailedPreconditionError(Concat(
      "the image's program ended with exit status ", container.exit_status(),
      "; its last lines: ", container.LogTail()));
}

absl::Status AwaitReady(const Service& service, Container& container,
                        http::Transport& transport, Clock& clock,
                        const TaskControl& control) {
  http::Request request;
  request.url = Concat(service.origin, service.ready_path);
  request.transfer.stop = control.stop_token();
  const absl::Time deadline = clock.Now() + kReadyTimeout;
  while (true) {
    const auto response = transport.Perform(request);
    if (response.ok() && response->status == 200) return absl::OkStatus();
    if (!container.Running()) return Ended(container);
    if (clock.Now() >= deadline) {
      return absl::FailedPreconditionError(
          Concat("the image does not serve ", request.url, " after ",
                 absl::FormatDuration(kReadyTimeout), " (",
                 response.ok() ? Concat("HTTP ", response->status)
                               : Concat(ToStd(response.status().message())),
                 "); its last lines: ", container.LogTail()));
    }
    if (!SleepFor(&clock, kLookInterval, control.stop_token())) {
      return absl::CancelledError("cancelled");
    }
  }
}

// Asks over IPv6 too, once the image serves over IPv4. Nothing is known where
// the network has none.
absl::Status ServesOverIpv6(const Service& service, http::Transport& transport,
                            const TaskControl& control) {
  http::Request request;
  request.url = Concat("http://[::1]:", service.port, service.ready_path);
  request.transfer.stop = control.stop_token();
  const auto response = transport.Perform(request);
  if (response.ok() && response->status == 200) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Concat("the image does not serve ", request.url,
             ", though it serves over IPv4 (",
             response.ok() ? Concat("HTTP ", response->status)
                           : Concat(ToStd(response.status().message())),
             ")"));
}

absl::StatusOr<std::vector<std::string>> AskForContent(
    const v1::VerifyImage& work, const Service& service,
    const ComparedContent& compared, http::Transport& transport,
    const VerifyTools& tools, TaskControl& control) {
  if (work.has_files()) {
    return CheckServedFiles(work.files(), service.origin, compared, transport,
                            Cores(), control);
  }
  const oci::Credentials nobody;
  KSO_ASSIGN_OR_RETURN(
      const std::unique_ptr<oci::ImageStore> registry,
      oci::CreateRegistryClient({.host = HostOf(site::kImagesPort),
                                 .insecure = true,
                                 .stop = control.stop_token()},
                                &transport, tools.clock, &nobody));
  return CheckServedImages(work.images(), service.origin, compared, transport,
                           *registry, Cores(), control);
}

// Inside the container's network.
absl::StatusOr<std::vector<std::string>> Ask(const v1::VerifyImage& work,
                                             const ComparedContent& compared,
                                             Container& container,
                                             const VerifyTools& tools,
                                             TaskControl& control) {
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<http::Transport> transport,
                       tools.create_transport());
  const Service service = ServiceOf(work);
  control.SetActivity(Concat("starting ", work.variant()));
  KSO_RETURN_IF_ERROR(
      AwaitReady(service, container, *transport, *tools.clock, control));
  const bool has_ipv6 = HasIpv6Loopback();
  if (has_ipv6) {
    KSO_RETURN_IF_ERROR(ServesOverIpv6(service, *transport, control));
  }
  KSO_ASSIGN_OR_RETURN(
      std::vector<std::string> checks,
      AskForContent(work, service, compared, *transport, tools, control));
  if (has_ipv6) checks.emplace_back("IPv6");
  return checks;
}

// Of what is asked in brief, layers are what proves the rest.
absl::Status HasExpectedLayers(const oci::Manifest& manifest,
                               const v1::VerifyImage& work) {
  const auto& wanted = work.layers();
  const bool has_them =
      static_cast<int>(manifest.layers.size()) >= wanted.size() &&
      std::equal(wanted.rbegin(), wanted.rend(), manifest.layers.rbegin(),
                 [](const v1::LayerContent& layer, const v1::Descriptor& blob) {
                   return layer.digest() == blob.digest();
                 });
  if (has_them) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Concat("the image's manifest ", work.manifest().digest(),
             " does not end with the ", wanted.size(),
             " layers that were made for it"));
}

absl::StatusOr<ImageToRun> UnpackImage(const v1::Task& task,
                                       const std::filesystem::path& directory,
                                       const VerifyTools& tools,
                                       TaskControl& control) {
  const v1::VerifyImage& work = task.verify_image();
  KSO_ASSIGN_OR_RETURN(
      const std::unique_ptr<oci::ImageStore> destination,
      tools.stores->OpenDestination(task.destination(), control));
  const std::string repository =
      oci::DestinationRepository(task.destination(), work.image());
  DocumentReader documents(destination.get(), repository, tools.cache,
                           &control);
  KSO_ASSIGN_OR_RETURN(const v1::Document document,
                       documents.Manifest(work.manifest()));
  KSO_ASSIGN_OR_RETURN(
      const oci::Manifest manifest,
      oci::ParseManifest(document.content(),
                         document.content_descriptor().media_type()));
  KSO_RETURN_IF_ERROR(HasExpectedLayers(manifest, work));
  KSO_ASSIGN_OR_RETURN(const v1::Document config_document,
                       documents.Blob(manifest.config));
  KSO_ASSIGN_OR_RETURN(const oci::ImageConfig config,
                       oci::ParseImageConfig(config_document.content()));
  if (!oci::PlatformSatisfies(config.platform, task.platform())) {
    return absl::FailedPreconditionError(
        Concat("the image's config says ", oci::FormatPlatform(config.platform),
               ", not ", oci::FormatPlatform(task.platform())));
  }
  ImageUnpacker unpacker({.cache = tools.cache,
                          .made_layers = tools.made_layers,
                          .destination = destination.get(),
                          .repository = repository},
                         directory, tools.layers, &control);
  KSO_ASSIGN_OR_RETURN(RootFilesystem root,
                       unpacker.Unpack(manifest.layers, config.diff_ids));
  return ImageToRun{.config = config_document.content(),
                    .root = std::move(root)};
}

absl::StatusOr<std::vector<std::string>> RunAndAsk(
    const v1::VerifyImage& work, const ComparedContent& compared,
    const ImageToRun& image, const std::filesystem::path& directory,
    const VerifyTools& tools, TaskControl& control) {
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<Container> container,
                       tools.runtime->Run(image, directory, control));
  absl::StatusOr<std::vector<std::string>> checks;
  const absl::Status asked = container->RunInNetwork([&] {
    checks = Ask(work, compared, *container, tools, control);
    return checks.status();
  });
  if (control.cancelled()) return absl::CancelledError("cancelled");
  // A connection that breaks because the program fell over is not a passing
  // trouble.
  if (absl::IsUnavailable(asked) && !container->Running()) {
    return Ended(*container);
  }
  KSO_RETURN_IF_ERROR(asked);
  return checks;
}

// Returns whether this machine's own processor runs programs of `platform`.
bool RunsNatively(const v1::Platform& platform, const VerifyTools& tools) {
  for (const v1::PlatformSupport& offered : tools.platforms) {
    if (oci::PlatformSatisfies(offered.platform(), platform)) {
      return offered.native();
    }
  }
  return false;
}

// Adds to an error whose layers are to blame for it, where it is content that
// is wrong.
absl::Status Blamed(const absl::Status& status, const v1::VerifyImage& work,
                    const RootFilesystem& root, TaskControl& control) {
  const v1::Failure::Kind kind = FailureKind(status);
  if (kind != v1::Failure::PERMANENT) return status;
  control.SetActivity(Concat("looking for what is wrong in ", work.variant()));
  const absl::StatusOr<std::vector<std::string>> wrong =
      FindWrongLayers(work, root, control);
  if (!wrong.ok() || wrong->empty()) return status;
  return OfWrongLayers(status, *wrong);
}

absl::StatusOr<v1::VerifiedImage> Verify(const v1::Task& task,
                                         const VerifyTools& tools,
                                         TaskControl& control) {
  if (tools.runtime == nullptr) {
    return WorkerTrouble(
        absl::FailedPreconditionError(tools.no_runtime_reason));
  }
  const v1::VerifyImage& work = task.verify_image();
  const WorkDirectory directory(tools.directory);
  control.SetActivity(Concat("unpacking ", work.variant()));
  KSO_ASSIGN_OR_RETURN(const ImageToRun image,
                       UnpackImage(task, directory.path(), tools, control));
  const bool native = RunsNatively(task.platform(), tools);
  const absl::StatusOr<std::vector<std::string>> checks =
      RunAndAsk(work, ComparedContent(work, native), image, directory.path(),
                tools, control);
  if (!checks.ok()) return Blamed(checks.status(), work, image.root, control);

  v1::VerifiedImage verified;
  verified.set_native(native);
  verified.mutable_checks()->Assign(checks->begin(), checks->end());
  const std::vector<std::string>& missing = tools.runtime->missing_fences();
  verified.mutable_missing_fences()->Assign(missing.begin(), missing.end());
  return verified;
}

}  // namespace

absl::StatusOr<v1::VerifiedImage> VerifyImage(const v1::Task& task,
                                              const VerifyTools& tools,
                                              TaskControl& control) {
  absl::StatusOr<v1::VerifiedImage> verified = Verify(task, tools, control);
  if (verified.ok()) return verified;
  const std::string item = Concat(task.verify_image().variant(), " ",
                                  oci::FormatPlatform(task.platform()));
  return About(verified.status(), item, "");
}

}  // namespace kso::worker
