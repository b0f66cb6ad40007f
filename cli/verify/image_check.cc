// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/image_check.h"

#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/bytes/sinks.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"
#include "common/run/run_all.h"
#include "common/text/printable_text.h"

namespace kso::cli {
namespace {

// Configs are metadata; a larger one is refused before it fills memory.
constexpr int64_t kMostConfigBytes = 4 << 20;

class Checker {
 public:
  Checker(oci::ImageStore& store, absl::string_view repository,
          const ImageCheckOptions& options)
      : store_(store), repository_(repository), options_(options) {}

  ImageReport Check(absl::string_view identifier) {
    ImageReport report;
    const auto top = store_.GetManifest(repository_, ToStd(identifier));
    if (!top.ok()) {
      report.problems.push_back(
          absl::StrCat("the image cannot be read: ", top.status().message()));
      return report;
    }
    report.top = top->content_descriptor();
    if (!oci::IsIndexType(report.top.media_type())) {
      report.problems.push_back(absl::StrCat("it is no multi-arch image, but ",
                                             report.top.media_type()));
      return report;
    }
    const auto index = oci::ParseIndex(top->content(), report.top.media_type());
    if (!index.ok()) {
      report.problems.push_back(
          absl::StrCat("its index is bad: ", index.status().message()));
      return report;
    }
    for (const v1::Descriptor& entry : index->manifests) {
      // Attestations are listed like platforms, but are no images.
      if (entry.platform().os() == "unknown") continue;
      report.platforms.push_back(CheckPlatform(entry));
    }
    CheckLayers(report);
    CheckWanted(*index, report);
    return report;
  }

 private:
  void CheckWanted(const oci::Index& index, ImageReport& report) const {
    for (const v1::Platform& wanted : options_.platforms) {
      bool found = false;
      for (const v1::Descriptor& entry : index.manifests) {
        found |= oci::PlatformSatisfies(entry.platform(), wanted);
      }
      if (!found) {
        report.problems.push_back(absl::StrCat(
            "it lacks ", oci::FormatPlatform(wanted),
            "; where it is meant to, name those that it has with --platform"));
      }
    }
  }

  PlatformReport CheckPlatform(const v1::Descriptor& entry) {
    PlatformReport report;
    report.manifest = entry;
    const absl::Status status = CheckManifest(entry, report);
    if (!status.ok()) report.problems.emplace_back(status.message());
    return report;
  }

  absl::Status CheckManifest(const v1::Descriptor& entry,
                             PlatformReport& report) {
    KSO_ASSIGN_OR_RETURN(const v1::Document document,
                         store_.GetManifest(repository_, entry.digest()));
    const v1::Descriptor& got = document.content_descriptor();
    if (got.media_type() != entry.media_type() ||
        static_cast<int64_t>(document.content().size()) != entry.size()) {
      return absl::DataLossError(
          absl::StrCat("the index says ", entry.media_type(), " of ",
                       entry.size(), " bytes, and the registry has ",
                       got.media_type(), " of ", document.content().size()));
    }
    KSO_ASSIGN_OR_RETURN(
        const oci::Manifest manifest,
        oci::ParseManifest(document.content(), got.media_type()));
    report.layers = static_cast<int>(manifest.layers.size());
    report.layer_blobs = manifest.layers;
    CheckConfig(manifest, entry.platform(), report);
    for (const v1::Descriptor& layer : manifest.layers) {
      report.bytes = SaturatingAdd(report.bytes, layer.size());
    }
    return absl::OkStatus();
  }

  void CheckConfig(const oci::Manifest& manifest, const v1::Platform& platform,
                   PlatformReport& report) {
    const v1::Descriptor& blob = manifest.config;
    report.bytes = SaturatingAdd(report.bytes, blob.size());
    std::string content;
    if (blob.size() > kMostConfigBytes) {
      report.problems.push_back("its config is larger than 4 MiB");
      return;
    }
    if (const auto read = Read(blob, &content); !read.ok()) {
      Note(report, "config", blob.digest(), read);
      return;
    }
    const auto config = oci::ParseImageConfig(content);
    if (!config.ok()) {
      Note(report, "config", blob.digest(), config.status());
      return;
    }
    if (!oci::PlatformSatisfies(config->platform, platform)) {
      report.problems.push_back(absl::StrCat(
          "its config is for ", oci::FormatPlatform(config->platform),
          ", the index "
          "says ",
          oci::FormatPlatform(platform)));
    }
    report.diff_ids = config->diff_ids;
    if (config->diff_ids.size() != manifest.layers.size()) {
      report.problems.push_back(
          absl::StrCat("its config has ", config->diff_ids.size(),
                       " layers, its manifest ", manifest.layers.size()));
    }
  }

  // A layer is the same wherever its blob and its tar are.
  using LayerKey = std::pair<std::string, std::string>;
  struct LayerFound {
    v1::Descriptor blob;
    absl::Status status;
    std::shared_ptr<const LayerScan> scan;
  };

  // The key of the i-th layer of a platform.
  static LayerKey KeyOf(const PlatformReport& platform, size_t i) {
    return {platform.layer_blobs[i].digest(),
            i < platform.diff_ids.size() ? platform.diff_ids[i] : ""};
  }

  // The outcome of a layer's check holds for all platforms that share it.
  void CheckLayers(ImageReport& report) {
    std::map<LayerKey, LayerFound> layers;
    for (const PlatformReport& platform : report.platforms) {
      for (size_t i = 0; i < platform.layer_blobs.size(); ++i) {
        layers[KeyOf(platform, i)].blob = platform.layer_blobs[i];
      }
    }
    std::vector<std::function<absl::Status()>> jobs;
    for (auto& [key, layer] : layers) {
      jobs.emplace_back([this, &key = key, &layer = layer] {
        layer.status = CheckLayer(key.second, layer);
        return absl::OkStatus();
      });
    }
    const absl::Status ran =
        RunAll(static_cast<int>(std::thread::hardware_concurrency()), jobs);
    if (!ran.ok()) report.problems.emplace_back(ran.message());
    for (PlatformReport& platform : report.platforms) {
      for (size_t i = 0; i < platform.layer_blobs.size(); ++i) {
        const LayerFound& layer = layers[KeyOf(platform, i)];
        Note(platform, "layer", layer.blob.digest(), layer.status);
        platform.scans.push_back(layer.scan);
      }
    }
  }

  absl::Status CheckLayer(const std::string& diff_id, LayerFound& layer) {
    if (options_.quick) return Ask(layer.blob);
    if (!options_.look_inside || diff_id.empty()) {
      return Read(layer.blob, nullptr);
    }
    KSO_ASSIGN_OR_RETURN(const Digest tar, Digest::Parse(diff_id));
    KSO_ASSIGN_OR_RETURN(LayerScan scan,
                         ScanLayer(layer.blob, tar, [&](ByteSink& sink) {
                           return Send(layer.blob, sink);
                         }));
    layer.scan = std::make_shared<const LayerScan>(std::move(scan));
    return absl::OkStatus();
  }

  absl::Status Ask(const v1::Descriptor& blob) {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
    KSO_ASSIGN_OR_RETURN(const bool there, store_.HasBlob(repository_, digest));
    if (there) return absl::OkStatus();
    return absl::NotFoundError("it is not in the registry");
  }

  absl::Status Read(const v1::Descriptor& blob, std::string* copy) {
    StringSink kept;
    NullSink nowhere;
    KSO_RETURN_IF_ERROR(
        Send(blob, copy != nullptr ? static_cast<ByteSink&>(kept) : nowhere));
    if (copy != nullptr) *copy = kept.Take();
    return absl::OkStatus();
  }

  absl::Status Send(const v1::Descriptor& blob, ByteSink& to) {
    if (options_.on_step) {
      const absl::MutexLock lock(&step_mutex_);
      options_.on_step(absl::StrCat("reading ", blob.digest(), " (",
                                    blob.size(), " bytes)"));
    }
    CountingSink sink(&to);
    KSO_RETURN_IF_ERROR(store_.GetBlob(repository_, blob, sink));
    if (sink.count() == blob.size()) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(
        "it has ", sink.count(), " bytes, the manifest says ", blob.size()));
  }

  static void Note(PlatformReport& report, absl::string_view what,
                   absl::string_view digest, const absl::Status& status) {
    if (status.ok()) return;
    report.problems.push_back(absl::StrCat(
        what, " ", digest, ": ", PrintableText(ToStd(status.message()))));
  }

  oci::ImageStore& store_;
  const std::string repository_;
  const ImageCheckOptions& options_;
  // One thread at a time tells of its step.
  absl::Mutex step_mutex_;
};

}  // namespace

bool ImageReport::ok() const {
  for (const PlatformReport& platform : platforms) {
    if (!platform.problems.empty()) return false;
  }
  return problems.empty();
}

ImageReport CheckImage(oci::ImageStore& store, absl::string_view repository,
                       absl::string_view tag_or_digest,
                       const ImageCheckOptions& options) {
  return Checker(store, repository, options).Check(tag_or_digest);
}

}  // namespace kso::cli
