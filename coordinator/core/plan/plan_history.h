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

// What a plan may take over from earlier builds: what the memo knows of, as
// far as the destination still has it. Immutable; the memo must outlive it and
// what it returns.
class PlanHistory {
 public:
  // Nothing: every layer is made.
  PlanHistory() = default;
  // `present` has BlobNames. Without it all that is remembered is taken to be
  // there, to find out what to ask the destination for.
  PlanHistory(const Memo* memo, const v1::Destination& destination,
              std::optional<std::set<std::string>> present);

  // The layer of that recipe; null when it is not to be had.
  const v1::LayerRemembered* FindLayer(std::string_view image,
                                       std::string_view key) const;
  // The previous release's layers of a group that are there, in their order.
  std::vector<const v1::LayerRemembered*> Packs(std::string_view image,
                                                std::string_view group) const;
  bool HasBlob(std::string_view image, std::string_view digest) const;
  // Null when there is none.
  const v1::ReleaseRemembered* previous() const { return previous_; }

 private:
  const Memo* memo_ = nullptr;
  std::string space_;
  std::optional<std::set<std::string>> present_ = std::set<std::string>();
  const v1::ReleaseRemembered* previous_ = nullptr;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_PLAN_HISTORY_H_
