// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_LOCAL_IMAGE_RUNNER_H_
#define KSO_WORKER_LOCAL_IMAGE_RUNNER_H_

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/oci/image_store.h"
#include "common/run/clock.h"
#include "kso/v1/types.pb.h"
#include "kso/v1/worker.pb.h"
#include "worker/local/program_version.h"

namespace kso::worker {

// A platform image in a store.
struct StoredImage {
  oci::ImageStore* store = nullptr;
  std::string repository;
  v1::Platform platform;
  // Its layers, the lowest first, and the digests of their tars.
  std::vector<v1::Descriptor> layers;
  std::vector<std::string> diff_ids;
};

// Runs finished images on this machine as a worker does, without a farm. This
// is the door by which ksoctl uses the worker's code. Thread safe.
class ImageRunner {
 public:
  // Works in a new directory below `parent`, for which images need as much room
  // as they have files. It is gone, and what runs has ended, when this is
  // destroyed or the program ends, however it does. FAILED_PRECONDITION, with
  // what is missing, where this machine cannot run containers.
  static absl::StatusOr<std::unique_ptr<ImageRunner>> Create(
      const std::filesystem::path& parent, Clock* clock);
  virtual ~ImageRunner() = default;

  // Returns whether this machine runs programs of `platform`, and whether its
  // processor does so itself. FAILED_PRECONDITION says why not.
  virtual absl::StatusOr<v1::PlatformSupport> SupportOf(
      const v1::Platform& platform) = 0;

  // Unpacks the image, runs it, and asks it for everything that `work` expects,
  // as verify_image.h says.
  virtual absl::StatusOr<v1::VerifiedImage> Run(
      const StoredImage& image, const v1::VerifyImage& work) = 0;

  // A program in a layer of an image.
  struct Program {
    // The position of the layer among `StoredImage::layers`.
    size_t layer = 0;
    // In the layer, without a leading slash.
    std::string path;
  };

  // Asks each of the programs for its version, several at a time. An error says
  // which program it is about.
  virtual absl::StatusOr<std::vector<ProgramAnswer>> AskPrograms(
      const StoredImage& image, const std::vector<Program>& programs) = 0;

  // Has all that runs end soon, with CANCELLED.
  virtual void Stop() = 0;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_LOCAL_IMAGE_RUNNER_H_
