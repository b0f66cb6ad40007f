// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_IMAGE_CHECK_H_
#define KSO_CLI_VERIFY_IMAGE_CHECK_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cli/verify/layer_scan.h"
#include "common/oci/image_store.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {

// How thoroughly an image is checked.
struct ImageCheckOptions {
  // The platforms that the image must have.
  std::vector<v1::Platform> platforms;
  // Only ask whether blobs are there; otherwise they are read and hashed.
  bool quick = false;
  // Read the tar in each layer too, as layer_scan.h says.
  bool look_inside = false;
  // Is called with the step that begins, so that a person sees progress. Never
  // by two threads at a time.
  std::function<void(const std::string&)> on_step;
};

// The outcome of running an image for one platform.
struct RunReport {
  // This machine's processor ran it; otherwise it was emulated.
  bool native = false;
  // For people: "44 files compared".
  std::vector<std::string> checks;
  std::vector<std::string> missing_fences;
};

// The findings for one platform of an image.
struct PlatformReport {
  v1::Descriptor manifest;
  int layers = 0;
  // The bytes of config and layers, as the manifest states them.
  int64_t bytes = 0;
  std::vector<std::string> problems;

  // Its layers, the lowest first, and the digests of their tars.
  std::vector<v1::Descriptor> layer_blobs;
  std::vector<std::string> diff_ids;
  // The content of each; null where that was not asked for, or cannot be read.
  std::vector<std::shared_ptr<const LayerScan>> scans;

  // Absent where it was not run; `not_run` says why, where that was asked for.
  std::optional<RunReport> run;
  std::string not_run;
};

// The outcome of asking a program of an image for its version.
struct ProgramReport {
  // "/k8s/dl.k8s.io/...", as it is served.
  std::string path;
  std::string platform;
  enum class Outcome { kAnswered, kNoAnswer, kBroken, kNotRun };
  Outcome outcome = Outcome::kNotRun;
  bool native = false;
  // The arguments that it was asked with: "--version".
  std::string arguments;
  // The last line that it wrote, or why it was not run.
  std::string last_line;
};

struct ImageReport {
  // The descriptor that the tag points at.
  v1::Descriptor top;
  std::vector<PlatformReport> platforms;
  // Problems of the image as a whole.
  std::vector<std::string> problems;
  // As in Findings.
  std::vector<std::string> checks;
  std::vector<std::string> notes;
  // Empty unless they were asked.
  std::vector<ProgramReport> programs;
  // It was asked whether a key has signed it, and it has, with statements of
  // these types.
  bool is_signed = false;
  std::vector<std::string> attested;

  bool ok() const;
};

// Checks a multi-arch image in a registry against what it promises: the index,
// every platform manifest and config parses and agrees with what points at it;
// every platform asked for is there; every blob is there and, unless quick, has
// the bytes of its digest. Blobs that platforms share are read once. Trouble is
// reported, never returned as an error. Layers are read several at a time.
ImageReport CheckImage(oci::ImageStore& store, absl::string_view repository,
                       absl::string_view tag_or_digest,
                       const ImageCheckOptions& options);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_IMAGE_CHECK_H_
