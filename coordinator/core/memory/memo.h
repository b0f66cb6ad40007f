// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_MEMORY_MEMO_H_
#define KSO_COORDINATOR_CORE_MEMORY_MEMO_H_

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/core/memory/bounded_memory.h"
#include "kso/v1/journal.pb.h"
#include "kso/v1/types.pb.h"

namespace kso::coordinator {

// The blob space of a destination. A repository can take over blobs of any
// other in the same space, without their bytes being moved: "registry
// HOST[:PORT]", or "store" for all destinations whose blobs the coordinator
// itself keeps.
std::string BlobSpaceOf(const v1::Destination& destination);

// The persistent build cache: it remembers the layers that were made and their
// recipes, the newest release at each destination, the digests that image
// references had, and the verifications that succeeded. Each memory is a
// subject of the journal (record_subject.h). Only records change it. Not thread
// safe.
class Memo {
 public:
  // Gives a record about a memory its effect; other records change nothing.
  void Apply(const v1::JournalRecord& record);

  // Returns whether any layer of that blob space is remembered.
  bool KnowsOf(std::string_view space) const;

  // The lookups return null when nothing is remembered.
  const v1::LayerRemembered* FindLayer(std::string_view space,
                                       std::string_view key) const;
  const v1::LayerRemembered* FindLayerByDigest(std::string_view space,
                                               std::string_view digest) const;
  // `destination` is as FormatDestination writes it.
  const v1::ReleaseRemembered* FindRelease(std::string_view destination) const;
  // Calls `visit` with each release, in no order that matters.
  template <typename Visit>
  void ForEachRelease(Visit visit) const {
    releases_.ForEach(visit);
  }
  const v1::ResolvedImage* FindImage(std::string_view key) const;
  const v1::VerificationRemembered* FindVerification(
      std::string_view key) const;

  // The digests of the layers that were compared in images of that platform and
  // base (VerificationRemembered).
  std::set<std::string> ComparedLayers(const v1::Platform& platform,
                                       std::string_view base) const;

  // The subjects that stand on the word of this worker: layers that it made,
  // images that it looked up, verifications that it did.
  std::vector<std::string> OfWorker(std::string_view worker) const;

  // The subjects to forget so that the memory stays within its bounds: of each
  // kind, the least recently used ones.
  std::vector<std::string> Excess() const;

 private:
  void Remember(const std::string& subject, const v1::LayerRemembered& layer);
  // Counts as a use of the release's layers, so that they are not forgotten.
  void Remember(const std::string& subject,
                const v1::ReleaseRemembered& release);
  void Forget(const std::string& subject);

  // These limits, in bytes, hold the memory of some hundred releases of the
  // usual size.
  static constexpr size_t kLayerBytes = 24 << 20;
  static constexpr size_t kReleaseBytes = 32 << 20;
  static constexpr size_t kImageBytes = 16 << 20;
  static constexpr size_t kVerificationBytes = 4 << 20;

  // The keys are subjects of the journal.
  BoundedMemory<v1::LayerRemembered> layers_{kLayerBytes};
  BoundedMemory<v1::ReleaseRemembered> releases_{kReleaseBytes};
  BoundedMemory<v1::ImageRemembered> images_{kImageBytes};
  BoundedMemory<v1::VerificationRemembered> verifications_{kVerificationBytes};
  // The subjects of layers, by "SPACE DIGEST".
  std::map<std::string, std::string, std::less<>> layer_digests_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_MEMORY_MEMO_H_
