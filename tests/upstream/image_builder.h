// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_IMAGE_BUILDER_H_
#define KSO_TESTS_UPSTREAM_IMAGE_BUILDER_H_

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "tests/upstream/catalog.h"
#include "tests/upstream/image_plan.h"
#include "tests/upstream/object_store.h"

namespace kso::upstream {

// A platform image whose layers exist.
struct BuiltPlatform {
  Platform platform;
  std::vector<Object> layers;
  // The "config" part of the image configuration: entry point, ports, ...
  nlohmann::json run;
};

// Writes configs, manifests and index in the wanted form into `catalog`, under
// `reference`. `platforms` must not be empty; a form without index takes the
// first one.
absl::Status AddImage(const ObjectStore& store, std::string_view reference,
                      ImagePlan::Form form, bool attestations,
                      const std::vector<BuiltPlatform>& platforms,
                      Catalog& catalog);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_IMAGE_BUILDER_H_
