// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_PLAN_HISTORY_H_
#define KSO_COORDINATOR_CORE_PLAN_PLAN_HISTORY_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/core/memory/memo.h"
#include "kso/v1/journal.pb.h"

namespace kso::coordinator {

// "kubespray-files@sha256:HEX": a blob in an image's repository.
std::string BlobName(std::string_view image, std::string_view digest);

// The name under which an image's data layers are remembered: those of
// kubespray-files together, those of kubespray-images for each platform. Empty
// for the variant with all platforms, which has no data layers of its own.
std::string LayerGroupOf(const v1::PlannedImage& image);
std::string LayerGroupName(std::string_view image,
                           const v1::Platform& platform);

// The results of earlier builds that a plan may take over: those that the memo
// knows, as far as the destination still has them. Immutable; the memo must
// outlive it and what it returns.
class PlanHistory {
 public:
  // A history of nothing: every layer is made.
  PlanHistory() = default;
  // `present` holds the BlobNames that the destination has. Without it, all
  // blobs that are remembered are taken to be there: the plan then shows which
  // ones to ask the destination for.
  PlanHistory(const Memo* memo, const v1::Destination& destination,
              std::optional<std::set<std::string>> present);

  // The layer whose recipe has that key; null when the memo does not know it or
  // the destination does not have it.
  const v1::LayerRemembered* FindLayer(std::string_view image,
                                       std::string_view key) const;
  // The previous release's layers of a group that are there, in their order.
  std::vector<const v1::LayerRemembered*> Packs(std::string_view image,
                                                std::string_view group) const;
  bool HasBlob(std::string_view image, std::string_view digest) const;
  // The release that the destination got last; null when there is none.
  const v1::ReleaseRemembered* previous() const { return previous_; }

 private:
  const Memo* memo_ = nullptr;
  std::string space_;
  std::optional<std::set<std::string>> present_ = std::set<std::string>();
  const v1::ReleaseRemembered* previous_ = nullptr;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_PLAN_HISTORY_H_
