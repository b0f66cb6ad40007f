// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_IMAGE_CHOICE_H_
#define KSO_COORDINATOR_CORE_PLAN_IMAGE_CHOICE_H_

#include <optional>
#include <string>
#include <vector>

#include "common/oci/manifest.h"
#include "common/oci/reference.h"
#include "coordinator/core/plan/plan.h"
#include "coordinator/core/plan/upstream_signatures.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/types.pb.h"

namespace kso::coordinator {

// The manifest of an image that serves a platform of the release.
struct ChosenManifest {
  // The release's platform.
  v1::Platform platform;
  v1::Document document;
  oci::Manifest manifest;
  // Empty unless the image was resolved with configs.
  v1::Document config;
  // The licences that its annotations state, or else its config's labels; may
  // be empty.
  std::string licenses;
};

// An image of a release as it exists upstream. Its documents have been compared
// with their digests.
struct ChosenImage {
  oci::Reference reference;
  // The repository that it is served under: "k8s/pause".
  std::string served_repository;
  // The document that the reference names: an index, or the manifest where
  // there is none.
  v1::Document top;
  // The manifests of those of the release's platforms that the image exists
  // for, in the release's order.
  std::vector<ChosenManifest> manifests;
  // The indexes that lead to them from `top`, where that lists others, each
  // after the one that lists it.
  std::vector<v1::Document> indexes = {};
  // The publisher's documents about it, as far as they are carried.
  std::vector<CarriedArtifact> artifacts = {};
  // The signer, of those whom the release trusts for it. May be empty.
  std::string signed_by = "";
  // The platforms about which its index and its configs disagree, for people.
  // Empty where there are none.
  std::string architecture_problem = "";

  // The licences that its publisher states: those of its manifests, each once,
  // or else of its index. May be empty.
  std::string Licenses() const;

  // Null where the image does not exist for it.
  const ChosenManifest* Find(const v1::Platform& platform) const;
};

struct ImageChoice {
  // Sorted by reference, each once.
  std::vector<ChosenImage> images;
  // Lines for people: "docker.io/amazon/x:1 lacks linux/arm64".
  std::vector<std::string> missing;
  // Lines for people about images that are taken and look wrong.
  std::vector<std::string> notes;
  std::vector<v1::Failure> failures;
};

// The images of the release's list. One that lacks a platform is in `missing`
// when the release allows that, and in `failures` when not. Two that are not
// the same image and would have one name in the finished registry are a
// failure.
ImageChoice ChooseImages(const v1::Release& release, const Resolved& resolved);

// A base image, which must exist for all platforms and have its configs. Empty
// when it does not, with the reasons added to `failures`.
std::optional<ChosenImage> ChooseBase(const std::string& reference,
                                      const v1::Release& release,
                                      const Resolved& resolved,
                                      std::vector<v1::Failure>& failures);

// The images that exist for `platform`, with nothing of the other platforms.
std::vector<ChosenImage> OnlyFor(const std::vector<ChosenImage>& images,
                                 const v1::Platform& platform);

// The images that exist for any platform of the release.
std::vector<ChosenImage> ForAny(const std::vector<ChosenImage>& images);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_IMAGE_CHOICE_H_
