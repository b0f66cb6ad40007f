// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_BASE_LAYER_KEY_H_
#define KSO_COORDINATOR_CORE_BASE_LAYER_KEY_H_

#include <optional>
#include <string>
#include <vector>

#include "google/protobuf/repeated_field.h"
#include "kso/v1/types.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// Keys for work by its inputs: when the key is known, so is the result.

using Mirrors = google::protobuf::RepeatedPtrField<v1::Mirror>;

// The identity of a member's content, known before it is fetched; empty when it
// is in doubt.
//
// A blob and a file with a stated hash are that hash. Another file is its URL,
// the place that it really comes from, its size and the strong validator that
// its host gives: an entity tag (RFC 9110, section 8.8.3), or Last-Modified
// where there is no tag at all. A weak tag means doubt.
std::string ContentIdentity(const v1::LayerMember& member,
                            const Mirrors& mirrors);

// Everything that determines the bytes of a layer, and nothing else.
struct LayerRecipe {
  // 64 hex.
  std::string key;
  // One a member, in the task's order.
  std::vector<std::string> identities;
};

// The recipe of a MakeLayer task: encoder, media type, each member's path, mode
// and identity, in whatever order, and what makes their times. Nothing when a
// member is in doubt.
std::optional<LayerRecipe> RecipeOf(const v1::Task& task);

// A hash of the question of a ResolveImage task, without what is known of the
// answer.
std::string ImageKey(const v1::Task& task);

// A hash of what a VerifyImage task compares: the manifest, the platform and
// all that the image should serve.
std::string VerificationKey(const v1::Task& task);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_BASE_LAYER_KEY_H_
