// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/static_check.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "cli/verify/evidence_beside.h"
#include "cli/verify/evidence_check.h"
#include "cli/verify/findings.h"
#include "cli/verify/release_closure.h"
#include "cli/verify/sibling.h"
#include "cli/verify/tagged_store.h"
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

// The digests of the files that kubespray-files serves, by path.
std::map<std::string_view, std::string_view> ServedFiles(
    const ImageTree& tree) {
  std::map<std::string_view, std::string_view> digests;
  for (const auto& [path, file] : tree.files) {
    if (path.starts_with(site::kFilesDirectory)) {
      digests[path] = file.file->digest;
    }
  }
  return digests;
}

// Compares the files that the platforms of kubespray-files serve, which are the
// same, since a platform that serves none, or others, is not found out by
// looking at it alone. What kubespray-images serves is compared with the
// release's list. A platform that could not be read has its problem already.
void CheckPlatformsAgree(const std::vector<ImageTree>& trees,
                         ImageReport& report) {
  const auto model = std::find_if(trees.begin(), trees.end(), IsFilesImage);
  if (model == trees.end()) return;
  const v1::Platform& model_platform =
      report.platforms[model - trees.begin()].manifest.platform();
  for (size_t i = 0; i < trees.size(); ++i) {
    std::vector<std::string>& problems = report.platforms[i].problems;
    if (!problems.empty() || ServedFiles(trees[i]) == ServedFiles(*model)) {
      continue;
    }
    problems.push_back(Concat("it serves other files than the image for ",
                              oci::FormatPlatform(model_platform)));
  }
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
  CheckPlatformsAgree(checked.trees, report);
}

// Evidence is read whole. Who made it is for `--key` and the tools of
// docs/evidence.md to say.
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

// Compares the evidence with the image that it lies beside.
void CompareEvidence(oci::ImageStore& store, CheckedImage& checked) {
  const std::string& digest = checked.report.top.digest();
  if (digest.empty()) return;  // That it is missing is told.
  const absl::StatusOr<std::vector<EvidenceDocument>> documents =
      EvidenceBeside(store, checked.image.repository, digest);
  Findings findings;
  if (documents.ok()) {
    const bool has_index =
        checked.files.has_value() && checked.files->index.has_value();
    CheckEvidence(*documents, digest,
                  has_index ? &*checked.files->index : nullptr, findings);
  } else {
    findings.problems.push_back(Concat("the evidence beside it: ",
                                       ToStd(documents.status().message())));
  }
  AddFindings(findings, checked.report);
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

std::vector<v1::Platform> PlatformsOf(const ImageReport& report) {
  std::vector<v1::Platform> platforms;
  for (const PlatformReport& platform : report.platforms) {
    platforms.push_back(platform.manifest.platform());
  }
  return platforms;
}

// The texts of the kubespray-files beside a kubespray-images, in a registry.
std::optional<FilesContent> FilesBeside(const CheckedImage& registry) {
  const std::string sibling = SiblingOf(registry.image.repository);
  if (sibling.empty() || registry.image.tag.empty()) return std::nullopt;
  const auto layer = ScanLastLayer(*registry.store, sibling,
                                   std::string(ReleaseOf(registry.image)));
  if (!layer.ok()) return std::nullopt;
  FilesContent files = ReadFilesContent(TreeOf({*layer}));
  if (!files.index.has_value()) return std::nullopt;
  return files;
}

// Compares a kubespray-images with what its release's list has. False where
// there is none.
bool CheckRegistry(const FilesContent* files, CheckedImage& checked) {
  std::optional<FilesContent> beside;
  if (files == nullptr) {
    beside = FilesBeside(checked);
    if (beside.has_value()) files = &*beside;
  }
  const std::vector<v1::Platform> all = PlatformsOf(checked.report);
  for (size_t i = 0; i < all.size(); ++i) {
    if (!AllRead(checked.report.platforms[i])) continue;
    Findings findings;
    CheckLabels(files, checked.registries[i], findings);
    if (files != nullptr) {
      CheckReleaseClosure(
          *files, checked.registries[i],
          IsForAll(checked.image) ? all : std::vector<v1::Platform>{all[i]},
          findings);
    }
    AddFindings(findings, checked.report);
  }
  return files != nullptr;
}

// Looks the images that a kubespray-files names up in the kubespray-images
// beside it, in a registry: their tags and documents, not their layers. Those
// of a platform are in the last layer of that platform's image; the image for
// all platforms has one such layer of each, among others. False where there is
// none.
bool LookUpBeside(CheckedImage& checked) {
  const FilesContent& files = *checked.files;
  if (!files.index.has_value() || files.index->images.empty()) return true;
  const std::string sibling = SiblingOf(checked.image.repository);
  if (sibling.empty() || checked.image.tag.empty()) return false;
  std::vector<v1::Platform> found;
  std::vector<std::shared_ptr<const LayerScan>> layers;
  for (const v1::Platform& platform : PlatformsOf(checked.report)) {
    auto layer =
        ScanLastLayer(*checked.store, sibling, checked.image.tag, &platform);
    if (!layer.ok()) continue;
    found.push_back(platform);
    layers.push_back(*std::move(layer));
  }
  if (found.empty()) return false;
  // Its layers are missing here only because they were not read.
  Findings ignored;
  const RegistryContent registry = CheckRegistryImage(TreeOf(layers), ignored);
  Findings findings;
  CheckReleaseClosure(files, registry, found, findings);
  AddFindings(findings, checked.report);
  return true;
}

void CheckClosure(std::vector<CheckedImage>& images) {
  std::vector<const CheckedImage*> looked_up;
  for (CheckedImage& checked : images) {
    if (checked.registries.empty()) continue;
    const CheckedImage* const files = FilesOf(checked, images);
    if (files != nullptr) looked_up.push_back(files);
    if (!CheckRegistry(files != nullptr ? &*files->files : nullptr, checked)) {
      checked.report.notes.push_back(
          "it was not compared with its release's list: name the release's "
          "kubespray-files, too");
    }
  }
  for (CheckedImage& checked : images) {
    if (!checked.files.has_value() ||
        std::find(looked_up.begin(), looked_up.end(), &checked) !=
            looked_up.end()) {
      continue;
    }
    if (!LookUpBeside(checked)) {
      checked.report.notes.push_back(
          "the images that it names were not looked up: name the release's "
          "kubespray-images, too");
    }
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
      if (options.look_inside && !options.quick) {
        CheckContent(checked);
        CompareEvidence(*CreateTaggedStore(*source), checked);
      }
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
