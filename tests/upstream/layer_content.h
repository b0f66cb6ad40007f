// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_LAYER_CONTENT_H_
#define KSO_TESTS_UPSTREAM_LAYER_CONTENT_H_

#include "absl/status/statusor.h"
#include "tests/upstream/image_plan.h"
#include "tests/upstream/object_store.h"

namespace kso::upstream {

// A gzip layer with the directories and files that `plan` stands for. A pure
// function, so images with the same layer plan share the blob.
absl::StatusOr<ObjectStore::Made> MakeLayer(const LayerPlan& plan,
                                            double factor);

// The same, from the store if it was made before.
absl::StatusOr<Object> GetLayer(const ObjectStore& store, const LayerPlan& plan,
                                double factor);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_LAYER_CONTENT_H_
