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

// Names for work by what goes into it: when a name is known, so is the result.

using Mirrors = google::protobuf::RepeatedPtrField<v1::Mirror>;

// What a member will be, said before it is fetched. Empty when in doubt.
//
// A blob and a file with a stated hash are that hash. Another file is its URL,
// the place that it really comes from, its size and the strong validator that
// its host gives: an entity tag (RFC 9110, section 8.8.3), or Last-Modified
// where there is no tag at all. A weak tag means doubt.
std::string ContentIdentity(const v1::LayerMember& member,
                            const Mirrors& mirrors);

// What makes a layer what it is, and nothing else.
struct LayerRecipe {
  // 64 hex.
  std::string key;
  // One a member, in the task's order.
  std::vector<std::string> identities;
};

// The recipe of a MakeLayer task: encoder, media type, and each member's path,
// mode and identity, in whatever order. Nothing when a member is in doubt.
std::optional<LayerRecipe> RecipeOf(const v1::Task& task);

// What a ResolveImage task asks, apart from what is known of the answer.
std::string ImageKey(const v1::Task& task);

// What a VerifyImage task compares with what: the manifest, the platform and
// all that it should serve.
std::string VerificationKey(const v1::Task& task);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_BASE_LAYER_KEY_H_
