// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_IMAGE_PLAN_H_
#define KSO_TESTS_UPSTREAM_IMAGE_PLAN_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kso::upstream {

// A platform, as an index names it.
struct Platform {
  std::string os = "linux";
  std::string architecture;
  std::string variant;     // as the index spells it; often empty
  std::string os_version;  // Windows only

  // "linux/arm64"; "linux/arm/v7". arm64's v8 says nothing and is left out.
  std::string ToString() const;
};

// Everything that the bytes of a layer depend on, apart from the factor.
struct LayerPlan {
  enum class Kind { kBase, kProgram, kText, kEmpty };
  Kind kind = Kind::kProgram;
  std::string name;          // distinguishes layers; no meaning otherwise
  std::string architecture;  // of the programs in it
  double megabytes = 0;      // compressed, at factor 1
};

struct PlatformPlan {
  Platform platform;
  std::vector<LayerPlan> layers;
};

// How an image is published. Registries hold all of these forms.
struct ImagePlan {
  enum class Form {
    kDockerList,      // manifest list of Docker schema 2 manifests
    kOciIndex,        // OCI index, every mediaType given
    kOciIndexTerse,   // OCI index and manifests that leave mediaType out
    kDockerManifest,  // one manifest, no index
    kOciManifest,     // one manifest, no index
  };
  Form form = Form::kDockerList;
  bool attestations = false;  // OCI index with unknown/unknown entries
  std::vector<PlatformPlan> platforms;
};

// A pure function. `amd64_only` numbers the images that have no other platform;
// the forms take turns among them, so that a handful shows them all.
ImagePlan PlanImage(std::string_view reference,
                    std::optional<size_t> amd64_only);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_IMAGE_PLAN_H_
