// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_PROBLEM_H_
#define KSO_COMMON_RELEASE_PROBLEM_H_

#include <string>

namespace kso::release {

// A field of v1::Release, by the key that it comes from in release.yaml.
enum class Field {
  kRelease,  // The release as a whole.
  kName,
  kPlatforms,
  kFilesBase,
  kFiles,
  kFileDigest,
  kWaivers,
  kOtherArchitecture,
  kImagesBase,
  kImages,
  kMissingPlatform,
  kSignatureTrust,
  kDestination,
  kDestinationInsecure,
  kMirrorPrefix,
  kMirrorLocation,
  kMirrorInsecure,
  kLayerMediaType,
};

// How a text breaks a rule: "has an encoded '/' in its path"; "write it as it
// is".
struct Violation {
  std::string reason;
  // The remedy: a clause without an end stop.
  std::string advice;
};

// Something in a release that cannot be built.
struct Problem {
  Field field = Field::kRelease;
  // Of a repeated field, which element; -1 for the field as a whole.
  int index = -1;
  // For messages: the URL of a file, the reference of an image, and the key of
  // any other field, "images.base".
  std::string item;
  // For files and images a predicate whose subject is the item, "would be
  // served ..."; for other fields a sentence.
  Violation violation;
  // The element of the same field that it is at odds with; -1 for none. A
  // message names its place after the reason.
  int other = -1;
};

}  // namespace kso::release

#endif  // KSO_COMMON_RELEASE_PROBLEM_H_
