// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/image_choice.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"
#include "common/release/check_images.h"
#include "common/release/named_architecture.h"
#include "common/release/served_repository.h"
#include "common/text/printable_text.h"
#include "coordinator/core/base/permanent_failure.h"
#include "coordinator/core/plan/missing_platform.h"

namespace kso::coordinator {
namespace {

constexpr std::string_view kBadImageAdvice =
    "take another version of the image, or see whether a mirror changes what "
    "it passes on; then build again";

absl::Status CheckDocument(const v1::Document& document) {
  const v1::Descriptor& descriptor = document.content_descriptor();
  KSO_ASSIGN_OR_RETURN(const Digest stated, Digest::Parse(descriptor.digest()));
  Hasher hasher(stated.algorithm());
  hasher.Update(document.content());
  const Digest actual = hasher.Finish();
  if (actual != stated ||
      descriptor.size() != static_cast<int64_t>(document.content().size())) {
    return absl::DataLossError(Concat("a ", descriptor.media_type(),
                                      " that is said to be ", stated.ToString(),
                                      " is ", actual.ToString()));
  }
  return absl::OkStatus();
}

// Compares a manifest that came with what its index says of it. Runtimes refuse
// an image where the two differ.
absl::Status CheckChild(const std::vector<v1::Descriptor>& children,
                        const v1::Descriptor& manifest) {
  const auto listed = std::find_if(children.begin(), children.end(),
                                   [&](const v1::Descriptor& child) {
                                     return child.digest() == manifest.digest();
                                   });
  if (listed == children.end()) {
    return absl::DataLossError(
        Concat("manifest ", manifest.digest(), " is not one of its index"));
  }
  if (listed->media_type() == manifest.media_type() &&
      listed->size() == manifest.size()) {
    return absl::OkStatus();
  }
  return absl::DataLossError(
      Concat("manifest ", manifest.digest(), " is ", manifest.media_type(),
             " of ", manifest.size(), " bytes, and its index says ",
             listed->media_type(), " of ", listed->size()));
}

absl::StatusOr<std::vector<v1::Descriptor>> EntriesOf(
    const v1::Document& document) {
  KSO_ASSIGN_OR_RETURN(
      oci::Index index,
      oci::ParseIndex(document.content(),
                      document.content_descriptor().media_type()));
  return std::move(index.manifests);
}

// Compares the top document with the reference, and its children with it.
absl::Status CheckResolved(const oci::Reference& reference,
                           const v1::ResolvedImage& image) {
  KSO_RETURN_IF_ERROR(CheckDocument(image.top()));
  const v1::Descriptor& top = image.top().content_descriptor();
  if (reference.digest && reference.digest->ToString() != top.digest()) {
    return absl::DataLossError(
        Concat("the registry gave ", top.digest(), " for it"));
  }
  std::vector<v1::Descriptor> children = {top};
  if (oci::IsIndexType(top.media_type())) {
    KSO_ASSIGN_OR_RETURN(children, EntriesOf(image.top()));
  }
  for (const v1::Document& index : image.indexes()) {
    KSO_RETURN_IF_ERROR(CheckDocument(index));
    KSO_RETURN_IF_ERROR(CheckChild(children, index.content_descriptor()));
    KSO_ASSIGN_OR_RETURN(std::vector<v1::Descriptor> entries, EntriesOf(index));
    children.insert(children.end(), std::make_move_iterator(entries.begin()),
                    std::make_move_iterator(entries.end()));
  }
  for (const v1::Document& manifest : image.manifests()) {
    KSO_RETURN_IF_ERROR(CheckDocument(manifest));
    KSO_RETURN_IF_ERROR(CheckChild(children, manifest.content_descriptor()));
  }
  return absl::OkStatus();
}

// The position of the manifest for `wanted`; -1 if there is none.
int PositionFor(const v1::ResolvedImage& image, const v1::Platform& wanted) {
  std::vector<v1::Platform> offered;
  for (const v1::Document& manifest : image.manifests()) {
    offered.push_back(manifest.content_descriptor().platform());
  }
  return oci::ChoosePlatform(offered, wanted);
}

absl::StatusOr<ChosenManifest> ChooseManifest(const v1::ResolvedImage& image,
                                              int position,
                                              const v1::Platform& platform) {
  ChosenManifest chosen;
  chosen.platform = platform;
  chosen.document = image.manifests(position);
  KSO_ASSIGN_OR_RETURN(
      chosen.manifest,
      oci::ParseManifest(chosen.document.content(),
                         chosen.document.content_descriptor().media_type()));
  if (position < image.configs_size()) chosen.config = image.configs(position);
  chosen.licenses = chosen.manifest.licenses;
  if (chosen.licenses.empty() && position < image.licenses_size()) {
    chosen.licenses = PrintableText(image.licenses(position));
  }
  return chosen;
}

// Those of an image's inner indexes that lead to the manifests that were
// chosen.
template <typename Indexes>
std::vector<v1::Document> LeadingTo(
    const std::vector<ChosenManifest>& manifests, const Indexes& indexes) {
  std::set<std::string> wanted;
  for (const ChosenManifest& manifest : manifests) {
    wanted.insert(manifest.document.content_descriptor().digest());
  }
  std::vector<v1::Document> leading;
  // From the inner ones on: each comes after the one that lists it.
  for (auto index = indexes.rbegin(); index != indexes.rend(); ++index) {
    const auto entries = EntriesOf(*index);
    const bool leads =
        entries.ok() && std::any_of(entries->begin(), entries->end(),
                                    [&wanted](const v1::Descriptor& entry) {
                                      return wanted.contains(entry.digest());
                                    });
    if (!leads) continue;
    wanted.insert(index->content_descriptor().digest());
    leading.push_back(*index);
  }
  std::reverse(leading.begin(), leading.end());
  return leading;
}

// The disagreements of an image's index with its configs about the platforms,
// for people; empty when there are none.
std::string LabelDisagreement(const v1::ResolvedImage& image) {
  std::vector<std::string> problems;
  const int count =
      std::min(image.config_platforms_size(), image.manifests_size());
  for (int i = 0; i < count; ++i) {
    if (image.config_platforms(i).empty()) continue;
    problems.push_back(oci::PlatformDisagreement(
        image.manifests(i).content_descriptor().platform(),
        PrintableText(image.config_platforms(i))));
  }
  return absl::StrJoin(problems, "; ");
}

// Chooses the manifests of `reference` for those of the release's platforms
// that it exists for.
absl::StatusOr<ChosenImage> Choose(const std::string& reference,
                                   const v1::Release& release,
                                   const Resolved& resolved) {
  ChosenImage chosen;
  KSO_ASSIGN_OR_RETURN(chosen.reference, oci::Reference::Parse(reference));
  const auto found = resolved.images.find(reference);
  if (found == resolved.images.end()) {
    return absl::InternalError("it was not resolved");
  }
  const v1::ResolvedImage& image = found->second;
  KSO_RETURN_IF_ERROR(CheckResolved(chosen.reference, image));
  chosen.top = image.top();
  for (const v1::Platform& platform : release.platforms()) {
    const int position = PositionFor(image, platform);
    if (position < 0) continue;
    KSO_ASSIGN_OR_RETURN(ChosenManifest manifest,
                         ChooseManifest(image, position, platform));
    chosen.manifests.push_back(std::move(manifest));
  }
  chosen.indexes = LeadingTo(chosen.manifests, image.indexes());
  chosen.architecture_problem = LabelDisagreement(image);
  return chosen;
}

std::vector<std::string> LackingPlatforms(const ChosenImage& image,
                                          const v1::Release& release) {
  std::vector<std::string> lacking;
  for (const v1::Platform& platform : release.platforms()) {
    if (image.Find(platform) == nullptr) {
      lacking.push_back(oci::FormatPlatform(platform));
    }
  }
  return lacking;
}

// The platforms that the image itself lists, without attestations. The resolved
// manifests are only those that were asked for.
std::vector<std::string> OfferedPlatforms(const v1::ResolvedImage& image) {
  std::vector<std::string> offered;
  if (!oci::IsIndexType(image.top().content_descriptor().media_type())) {
    for (const v1::Document& manifest : image.manifests()) {
      offered.push_back(
          oci::FormatPlatform(manifest.content_descriptor().platform()));
    }
    return offered;
  }
  std::vector<const v1::Document*> indexes = {&image.top()};
  for (const v1::Document& index : image.indexes()) indexes.push_back(&index);
  for (const v1::Document* index : indexes) {
    const auto entries = EntriesOf(*index);
    if (!entries.ok()) continue;
    for (const v1::Descriptor& manifest : *entries) {
      // Attestations, and what is no image.
      if (manifest.platform().os() == "unknown" || !manifest.has_platform() ||
          !oci::IsManifestType(manifest.media_type())) {
        continue;
      }
      offered.push_back(oci::FormatPlatform(manifest.platform()));
    }
  }
  return offered;
}

std::string LackingReason(const std::vector<std::string>& lacking,
                          const v1::ResolvedImage& image) {
  const std::vector<std::string> offered = OfferedPlatforms(image);
  return Concat("does not exist for ", absl::StrJoin(lacking, ", "), "; ",
                offered.empty()
                    ? std::string("it exists for no platform at all")
                    : "it exists for " + absl::StrJoin(offered, ", "));
}

absl::Status CheckConfigs(const ChosenImage& base) {
  for (const ChosenManifest& chosen : base.manifests) {
    KSO_RETURN_IF_ERROR(CheckDocument(chosen.config));
    if (chosen.config.content_descriptor().digest() !=
        chosen.manifest.config.digest()) {
      return absl::DataLossError("a config is not the one of its manifest");
    }
  }
  return absl::OkStatus();
}

// The disagreement of an image's name with its config about the architecture,
// for people; empty when there is none.
std::string NameDisagreement(const ChosenImage& image,
                             const v1::ResolvedImage& resolved) {
  const auto named = release::NamedArchitectures(
      Concat(image.reference.path, ":", image.reference.tag));
  const std::vector<std::string> offered = OfferedPlatforms(resolved);
  if (named.size() != 1 || offered.empty()) return "";
  for (const std::string& platform : offered) {
    const auto parsed = oci::ParsePlatform(platform);
    if (parsed.ok() && parsed->architecture() == named.begin()->first) {
      return "";
    }
  }
  return Concat("its name says ", named.begin()->second, ", and its config ",
                absl::StrJoin(offered, ", "));
}

// The choice of a release's images, one after the other.
class Choosing {
 public:
  Choosing(const v1::Release& release, const Resolved& resolved)
      : release_(release), resolved_(resolved) {}

  ImageChoice Run() {
    for (const v1::ImageRequest& request : release_.images()) Add(request);
    for (auto& [reference, image] : chosen_) {
      choice_.images.push_back(std::move(image));
    }
    std::sort(choice_.missing.begin(), choice_.missing.end());
    std::sort(choice_.notes.begin(), choice_.notes.end());
    return std::move(choice_);
  }

 private:
  void Fail(const v1::ImageRequest& request, std::string_view reason,
            std::string_view advice) {
    choice_.failures.push_back(PermanentFailure(request.reference(), reason,
                                                advice, request.location()));
  }

  void Add(const v1::ImageRequest& request) {
    absl::StatusOr<ChosenImage> image =
        Choose(request.reference(), release_, resolved_);
    if (!image.ok()) {
      Fail(request, ToStd(image.status().message()), kBadImageAdvice);
      return;
    }
    const std::string reference = image->reference.ToString();
    if (chosen_.contains(reference)) return;
    image->served_repository =
        release::ServedRepository(image->reference, request.keep_host());
    CheckPlatforms(request, *image);
    if (!image->indexes.empty()) {
      choice_.notes.push_back(Concat(
          reference, " (", request.location(),
          "): its index lists indexes, which containerd follows; podman, "
          "CRI-O, and Docker without containerd's image store refuse it"));
    }
    CheckSignatures(request, *image);
    CheckTag(request, *image);
    CheckSizes(request, *image);
    chosen_.emplace(reference, *std::move(image));
  }

  void CheckPlatforms(const v1::ImageRequest& request,
                      const ChosenImage& image) {
    const v1::ResolvedImage& resolved =
        resolved_.images.at(request.reference());
    const std::string disagreement = NameDisagreement(image, resolved);
    const std::vector<std::string> lacking = LackingPlatforms(image, release_);
    const std::string reference = image.reference.ToString();
    if (!disagreement.empty() && !image.manifests.empty()) {
      choice_.notes.push_back(Concat(reference, " (", request.location(),
                                     "): ", disagreement,
                                     "; it is served as what its config says"));
    }
    if (lacking.empty()) return;
    const std::string reason =
        Concat(LackingReason(lacking, resolved),
               disagreement.empty() ? "" : "; ", disagreement);
    if (image.manifests.empty()) {
      // No policy allows this: nothing of the image would be shipped.
      Fail(request, reason,
           "take it off the list, or take a version that exists for one of "
           "the release's platforms");
    } else if (MayLackPlatform(release_.missing_platform(), image.reference)) {
      choice_.missing.push_back(
          Concat(reference, " lacks ", absl::StrJoin(lacking, ", ")));
    } else {
      Fail(request, reason,
           Concat("take a version that exists for it, or let it be missing: "
                  "missingPlatform: {allow: [\"",
                  image.reference.Name(), "\"]}"));
    }
  }

  void CheckSignatures(const v1::ImageRequest& request, ChosenImage& image) {
    if (!WantsSignatures(release_)) return;
    UpstreamJudgement judgement =
        JudgeUpstream(release_.upstream_signatures(), image.reference,
                      resolved_.images.at(request.reference()));
    if (!judgement.failure.empty()) {
      Fail(request, judgement.failure,
           "see whether the image is the publisher's own, and whether "
           "images.signatures names the publisher's key for it");
    }
    for (std::string& note : judgement.notes) {
      choice_.notes.push_back(std::move(note));
    }
    image.artifacts = std::move(judgement.artifacts);
    image.signed_by = std::move(judgement.signed_by);
  }

  // Compares the image with the first one of its name in the finished registry.
  void CheckTag(const v1::ImageRequest& request, const ChosenImage& image) {
    if (image.reference.tag.empty()) return;
    const std::string name =
        Concat(image.served_repository, ":", image.reference.tag);
    const std::string& digest = image.top.content_descriptor().digest();
    const auto [found, is_new] =
        by_name_.try_emplace(name, Named{&request, image.reference, digest});
    const Named& first = found->second;
    if (is_new || first.digest == digest) return;
    Fail(request,
         Concat("would be ", name, " in the finished registry, and so would '",
                first.request->reference(), "' (", first.request->location(),
                "), which is another image: this one is ", digest,
                ", that one ", first.digest),
         release::ClashAdvice(first.reference, image.reference));
  }

  // Compares what the image says of its blobs with what the images before it
  // say of the same. One of the two would be refused where it is pulled.
  void CheckSizes(const v1::ImageRequest& request, const ChosenImage& image) {
    for (const ChosenManifest& manifest : image.manifests) {
      std::vector<v1::Descriptor> blobs = manifest.manifest.layers;
      blobs.push_back(manifest.manifest.config);
      for (const v1::Descriptor& blob : blobs) {
        const auto& [other, size] =
            sizes_
                .try_emplace(blob.digest(),
                             std::pair(&request.reference(), blob.size()))
                .first->second;
        if (size == blob.size()) continue;
        return Fail(request,
                    Concat("says that its blob ", blob.digest(), " has ",
                           blob.size(), " bytes, and '", *other, "' says ",
                           size, ", of which one is wrong"),
                    kBadImageAdvice);
      }
    }
  }

  struct Named {
    const v1::ImageRequest* request;
    oci::Reference reference;
    std::string digest;
  };

  const v1::Release& release_;
  const Resolved& resolved_;
  ImageChoice choice_;
  // By reference.
  std::map<std::string, ChosenImage> chosen_;
  // The first image of each name in the finished registry.
  std::map<std::string, Named> by_name_;
  // By the digests of blobs: the first image that has it, and the size that it
  // says.
  std::map<std::string, std::pair<const std::string*, int64_t>> sizes_;
};

}  // namespace

std::string ChosenImage::Licenses() const {
  std::vector<std::string> stated;
  for (const ChosenManifest& manifest : manifests) {
    if (!manifest.licenses.empty() &&
        std::find(stated.begin(), stated.end(), manifest.licenses) ==
            stated.end()) {
      stated.push_back(manifest.licenses);
    }
  }
  if (!stated.empty()) return absl::StrJoin(stated, "; ");
  const auto index =
      oci::ParseIndex(top.content(), top.content_descriptor().media_type());
  return index.ok() ? index->licenses : "";
}

const ChosenManifest* ChosenImage::Find(const v1::Platform& platform) const {
  const std::string wanted = oci::FormatPlatform(platform);
  for (const ChosenManifest& manifest : manifests) {
    if (oci::FormatPlatform(manifest.platform) == wanted) return &manifest;
  }
  return nullptr;
}

ImageChoice ChooseImages(const v1::Release& release, const Resolved& resolved) {
  return Choosing(release, resolved).Run();
}

std::optional<ChosenImage> ChooseBase(const std::string& reference,
                                      const v1::Release& release,
                                      const Resolved& resolved,
                                      std::vector<v1::Failure>& failures) {
  absl::StatusOr<ChosenImage> base = Choose(reference, release, resolved);
  if (!base.ok()) {
    failures.push_back(PermanentFailure(
        reference, ToStd(base.status().message()), kBadImageAdvice));
    return std::nullopt;
  }
  const std::vector<std::string> lacking = LackingPlatforms(*base, release);
  if (!lacking.empty()) {
    failures.push_back(PermanentFailure(
        reference, LackingReason(lacking, resolved.images.at(reference)),
        "a base image has to exist for all platforms of the release: take "
        "another base, or leave the platform out"));
    return std::nullopt;
  }
  if (absl::Status status = CheckConfigs(*base); !status.ok()) {
    failures.push_back(
        PermanentFailure(reference, ToStd(status.message()), kBadImageAdvice));
    return std::nullopt;
  }
  return *std::move(base);
}

std::vector<ChosenImage> OnlyFor(const std::vector<ChosenImage>& images,
                                 const v1::Platform& platform) {
  std::vector<ChosenImage> only;
  for (const ChosenImage& image : images) {
    const ChosenManifest* chosen = image.Find(platform);
    if (chosen == nullptr) continue;
    only.push_back(ChosenImage{image.reference,
                               image.served_repository,
                               image.top,
                               {*chosen},
                               LeadingTo({*chosen}, image.indexes),
                               image.artifacts,
                               image.signed_by});
  }
  return only;
}

std::vector<ChosenImage> ForAny(const std::vector<ChosenImage>& images) {
  std::vector<ChosenImage> any;
  for (const ChosenImage& image : images) {
    if (!image.manifests.empty()) any.push_back(image);
  }
  return any;
}

}  // namespace kso::coordinator
