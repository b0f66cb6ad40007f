// SPDX-License-Identifier: Apache-2.0
#include "worker/local/image_runner.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/blob/disk_blob_store.h"
#include "common/files/remove_tree.h"
#include "common/oci/read_only_store.h"
#include "common/run/run_all.h"
#include "common/text/text.h"
#include "worker/layer/made_layers.h"
#include "worker/sandbox/container.h"
#include "worker/sandbox/id_range.h"
#include "worker/sandbox/platform_probe.h"
#include "worker/sandbox/process.h"
#include "worker/task/image_stores.h"
#include "worker/task/task_control.h"
#include "worker/unpack/beneath.h"
#include "worker/unpack/layer_cache.h"
#include "worker/verify/image_unpacker.h"
#include "worker/verify/verify_image.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;

// One repository of a store that is somebody else's.
class BorrowedStore : public oci::ReadOnlyStore {
 public:
  BorrowedStore(oci::ImageStore* store, std::string repository)
      : ReadOnlyStore(store), repository_(std::move(repository)) {}

  absl::StatusOr<bool> HasBlob(std::string_view,
                               const Digest& digest) override {
    return ReadOnlyStore::HasBlob(repository_, digest);
  }
  absl::Status GetBlob(std::string_view, const v1::Descriptor& blob,
                       ByteSink& sink, int64_t offset) override {
    return ReadOnlyStore::GetBlob(repository_, blob, sink, offset);
  }
  absl::Status GetBlobPart(std::string_view, const v1::Descriptor& blob,
                           const http::TransferOptions& part,
                           ByteSink& sink) override {
    return ReadOnlyStore::GetBlobPart(repository_, blob, part, sink);
  }
  absl::StatusOr<v1::Descriptor> HeadManifest(
      std::string_view, std::string_view identifier) override {
    return ReadOnlyStore::HeadManifest(repository_, identifier);
  }
  absl::StatusOr<v1::Document> GetManifest(
      std::string_view, std::string_view identifier) override {
    return ReadOnlyStore::GetManifest(repository_, identifier);
  }

 private:
  const std::string repository_;
};

// Knows the one image that is run.
class OneImage : public ImageStores {
 public:
  explicit OneImage(const StoredImage& image) : image_(image) {}

  absl::StatusOr<std::unique_ptr<oci::ImageStore>> OpenRegistry(
      const std::string& host, bool, const TaskControl&) override {
    return absl::UnimplementedError(Concat("nothing is asked of ", host));
  }
  absl::StatusOr<std::unique_ptr<oci::ImageStore>> OpenDestination(
      const v1::Destination&, const TaskControl&) override {
    return std::make_unique<BorrowedStore>(image_.store, image_.repository);
  }

 private:
  const StoredImage& image_;
};

class LocalRunner : public ImageRunner {
 public:
  LocalRunner(fs::path directory, Clock* clock,
              std::unique_ptr<LastCommand> removal,
              const ContainerSupport& support,
              std::unique_ptr<DiskBlobStore> blobs)
      : directory_(std::move(directory)),
        clock_(clock),
        removal_(std::move(removal)),
        blobs_(std::move(blobs)),
        made_(directory_ / "made"),
        // Nothing is evicted for want of room among the layers, and nothing of
        // them is left to the next process.
        layers_(directory_ / "layers", kLargestContent, /*boot=*/"",
                blobs_.get(), clock),
        runtime_(CreateRuncRuntime(directory_ / "runc", support.fences)) {}

  absl::StatusOr<v1::PlatformSupport> SupportOf(
      const v1::Platform& platform) override {
    return ProbePlatform(platform, directory_);
  }

  absl::StatusOr<v1::VerifiedImage> Run(const StoredImage& image,
                                        const v1::VerifyImage& work) override {
    KSO_ASSIGN_OR_RETURN(const v1::PlatformSupport support,
                         SupportOf(image.platform));
    OneImage stores(image);
    v1::Task task;
    *task.mutable_platform() = image.platform;
    *task.mutable_verify_image() = work;
    return VerifyImage(
        task,
        {.stores = &stores,
         .cache = blobs_.get(),
         .layers = &layers_,
         .made_layers = &made_,
         .clock = clock_,
         .runtime = runtime_.get(),
         .create_transport =
             [] { return http::CreateCurlTransport({.use_proxy = false}); },
         .directory = directory_ / "verify",
         .platforms = {support}},
        control_);
  }

  absl::StatusOr<std::vector<ProgramAnswer>> AskPrograms(
      const StoredImage& image, const std::vector<Program>& programs) override {
    // Only the layers that have programs are unpacked.
    std::map<size_t, size_t> places;
    std::vector<v1::Descriptor> blobs;
    std::vector<std::string> diff_ids;
    for (const Program& program : programs) {
      if (!places.emplace(program.layer, blobs.size()).second) continue;
      blobs.push_back(image.layers.at(program.layer));
      diff_ids.push_back(image.diff_ids.at(program.layer));
    }
    const fs::path scratch = directory_ / Concat("ask-", RandomHex(16));
    ::mkdir(scratch.c_str(), 0700);
    BorrowedStore store(image.store, image.repository);
    ImageUnpacker unpacker({.cache = blobs_.get(),
                            .made_layers = &made_,
                            .destination = &store,
                            .repository = image.repository},
                           scratch, &layers_, &control_);
    KSO_ASSIGN_OR_RETURN(const RootFilesystem root,
                         unpacker.Unpack(blobs, diff_ids));
    std::vector<ProgramAnswer> answers(programs.size());
    std::vector<std::function<absl::Status()>> jobs;
    for (size_t i = 0; i < programs.size(); ++i) {
      jobs.emplace_back([&, i] {
        return Ask(root, places.at(programs[i].layer), programs[i].path,
                   scratch / Concat(RandomHex(16)), answers[i]);
      });
    }
    const absl::Status asked =
        RunAll(static_cast<int>(std::thread::hardware_concurrency()), jobs);
    RemoveTree(scratch).IgnoreError();
    KSO_RETURN_IF_ERROR(asked);
    return answers;
  }

  void Stop() override { control_.Cancel(); }

 private:
  absl::Status Ask(const RootFilesystem& root, size_t layer,
                   const std::string& path, const fs::path& scratch,
                   ProgramAnswer& answer) {
    // The tar's path led through no link when it was unpacked, and nobody has
    // changed the layer since: only this user can enter it.
    KSO_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         SplitLayerPath(path));
    fs::path file = root.directory / root.layers.at(layer).name;
    for (const std::string& name : names) file /= name;
    std::error_code error;
    if (!fs::is_regular_file(fs::symlink_status(file, error))) {
      return absl::FailedPreconditionError(
          Concat(path, " is no plain file in its layer"));
    }
    ::mkdir(scratch.c_str(), 0700);
    absl::StatusOr<ProgramAnswer> asked =
        AskVersion(file, scratch, *runtime_, *clock_, control_);
    RemoveTree(scratch).IgnoreError();
    if (!asked.ok()) return Prefixed(asked.status(), Concat(path, ": "));
    answer = *std::move(asked);
    return absl::OkStatus();
  }

  const fs::path directory_;
  Clock* const clock_;
  // Goes last, when nothing uses the directory.
  const std::unique_ptr<LastCommand> removal_;
  const std::unique_ptr<DiskBlobStore> blobs_;
  const MadeLayers made_;
  LayerCache layers_;
  const std::unique_ptr<ContainerRuntime> runtime_;
  TaskControl control_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ImageRunner>> ImageRunner::Create(
    const fs::path& parent, Clock* clock) {
  std::string pattern = (fs::absolute(parent) / "kso-verify-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    return absl::FailedPreconditionError(Concat("cannot make a directory in ",
                                                parent.string(), ": ",
                                                std::strerror(errno)));
  }
  const fs::path directory = pattern;
  KSO_ASSIGN_OR_RETURN(
      std::unique_ptr<LastCommand> removal,
      LastCommand::Prepare(
          {"/bin/rm", "-rf", "--one-file-system", directory.string()}));
  KSO_ASSIGN_OR_RETURN(const ContainerSupport support,
                       ProbeContainers(directory, IdRange()));
  KSO_ASSIGN_OR_RETURN(
      std::unique_ptr<DiskBlobStore> blobs,
      DiskBlobStore::Create(directory / "blobs", DiskLimits()));
  return std::make_unique<LocalRunner>(directory, clock, std::move(removal),
                                       support, std::move(blobs));
}

}  // namespace kso::worker
