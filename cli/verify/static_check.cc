// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/static_check.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "cli/verify/findings.h"
#include "cli/verify/release_closure.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/sinks.h"
#include "common/oci/image_closure.h"
#include "common/oci/platform.h"
#include "common/site.h"
#include "common/text/printable_text.h"

namespace kso::cli {
namespace {

// Names in a layer are whatever its maker wrote.
void AddNew(const std::string& text, std::vector<std::string>& lines) {
  std::string line = PrintableText(text);
  if (std::find(lines.begin(), lines.end(), line) == lines.end()) {
    lines.push_back(std::move(line));
  }
}

// Platforms share most of their content, and so what is found in it.
void AddFindings(const Findings& findings, ImageReport& report) {
  for (const std::string& line : findings.checks) AddNew(line, report.checks);
  for (const std::string& line : findings.notes) AddNew(line, report.notes);
  for (const std::string& line : findings.problems) {
    AddNew(line, report.problems);
  }
}

bool AllRead(const PlatformReport& platform) {
  return !platform.scans.empty() &&
         std::all_of(platform.scans.begin(), platform.scans.end(),
                     [](const auto& scan) { return scan != nullptr; });
}

void CheckContent(CheckedImage& checked) {
  ImageReport& report = checked.report;
  for (const PlatformReport& platform : report.platforms) {
    // Of an image that cannot be read whole nothing can be said.
    ImageTree& tree = checked.trees.emplace_back();
    RegistryContent registry;
    if (AllRead(platform)) {
      tree = TreeOf(platform.scans);
      Findings findings;
      if (IsFilesImage(tree)) {
        FilesContent files = CheckFilesImage(tree, findings);
        if (!checked.files.has_value()) checked.files = std::move(files);
      } else if (IsRegistryImage(tree)) {
        registry = CheckRegistryImage(tree, findings);
        for (std::string& check : findings.checks) {
          check = Concat(oci::FormatPlatform(platform.manifest.platform()),
                         ": ", check);
        }
      }
      AddFindings(findings, report);
    }
    checked.registries.push_back(std::move(registry));
  }
  if (std::all_of(
          checked.registries.begin(), checked.registries.end(),
          [](const RegistryContent& one) { return one.images.empty(); })) {
    checked.registries.clear();
  }
}

// Evidence is read whole, but not understood: `--key` and the tools of
// docs/evidence.md do that.
absl::Status ReadEvidence(const NamedImage& image, oci::ImageStore& store) {
  KSO_ASSIGN_OR_RETURN(const v1::Document top,
                       store.GetManifest(image.repository, image.identifier));
  KSO_ASSIGN_OR_RETURN(
      const std::vector<oci::ImagePart> parts,
      oci::ImageClosure(store, {{.descriptor = top.content_descriptor(),
                                 .repository = image.repository,
                                 .content = ""}}));
  for (const oci::ImagePart& part : parts) {
    if (!part.content.empty()) continue;
    NullSink nowhere;
    KSO_RETURN_IF_ERROR(
        store.GetBlob(part.repository, part.descriptor, nowhere));
  }
  return absl::OkStatus();
}

bool IsForAll(const NamedImage& image) {
  return absl::EndsWith(image.tag, ToAbsl(site::kAllSuffix));
}

// The tag of the release that an image belongs to.
absl::string_view ReleaseOf(const NamedImage& image) {
  return absl::StripSuffix(image.tag, ToAbsl(site::kAllSuffix));
}

// The kubespray-files of the same release: that with the tag, or the only one.
const CheckedImage* FilesOf(const CheckedImage& registry,
                            const std::vector<CheckedImage>& images) {
  const CheckedImage* only = nullptr;
  int count = 0;
  for (const CheckedImage& image : images) {
    if (!image.files.has_value()) continue;
    if (ReleaseOf(image.image) == ReleaseOf(registry.image)) return &image;
    only = &image;
    ++count;
  }
  return count == 1 ? only : nullptr;
}

void CheckClosure(std::vector<CheckedImage>& images) {
  std::vector<const CheckedImage*> looked_up;
  for (CheckedImage& checked : images) {
    if (checked.registries.empty()) continue;
    const CheckedImage* const files = FilesOf(checked, images);
    if (files == nullptr) {
      checked.report.notes.push_back(
          "it was not compared with its release's list: name the release's "
          "kubespray-files, too");
      continue;
    }
    looked_up.push_back(files);
    std::vector<v1::Platform> all;
    for (const PlatformReport& platform : checked.report.platforms) {
      all.push_back(platform.manifest.platform());
    }
    for (size_t i = 0; i < all.size(); ++i) {
      if (!AllRead(checked.report.platforms[i])) continue;
      Findings findings;
      CheckReleaseClosure(
          *files->files, checked.registries[i],
          IsForAll(checked.image) ? all : std::vector<v1::Platform>{all[i]},
          findings);
      AddFindings(findings, checked.report);
    }
  }
  for (CheckedImage& checked : images) {
    if (!checked.files.has_value() ||
        std::find(looked_up.begin(), looked_up.end(), &checked) !=
            looked_up.end()) {
      continue;
    }
    checked.report.notes.push_back(
        "the images that it names were not looked up: name the release's "
        "kubespray-images, too");
  }
}

}  // namespace

std::vector<CheckedImage> CheckStatically(
    const std::vector<ImageSource*>& sources,
    const ImageCheckOptions& options) {
  std::vector<CheckedImage> images;
  for (ImageSource* source : sources) {
    for (const NamedImage& image : source->images()) {
      CheckedImage& checked = images.emplace_back();
      checked.image = image;
      checked.store = &source->store();
      checked.report = CheckImage(*checked.store, image.repository,
                                  image.identifier, options);
      if (options.look_inside && !options.quick) CheckContent(checked);
    }
    // Evidence is no image, so trouble with it is told with the image before.
    for (const NamedImage& image : source->evidence()) {
      const absl::Status read = options.quick
                                    ? absl::OkStatus()
                                    : ReadEvidence(image, source->store());
      if (read.ok()) continue;
      images.back().report.problems.push_back(
          Concat("the evidence ", image.name, ": ", ToStd(read.message())));
    }
  }
  if (options.look_inside && !options.quick) CheckClosure(images);
  return images;
}

}  // namespace kso::cli
