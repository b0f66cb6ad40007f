// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_MEMORY_MEMO_H_
#define KSO_COORDINATOR_CORE_MEMORY_MEMO_H_

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/core/memory/bounded_memory.h"
#include "kso/v1/journal.pb.h"
#include "kso/v1/types.pb.h"

namespace kso::coordinator {

// Where the blobs of a destination are: what one repository of a space has,
// another can take over. "registry HOST[:PORT]", or "store" for everything that
// the coordinator's own blob store collects.
std::string BlobSpaceOf(const v1::Destination& destination);

// What is remembered across builds: the layers that were made and of what, the
// newest release at each destination, what image references named, and what was
// verified. Each memory is a subject of the journal (record_subject.h). Plain
// data, changed by records only. Not thread safe.
class Memo {
 public:
  // Takes one of the records of memories; others change nothing.
  void Apply(const v1::JournalRecord& record);

  // Whether any layer of that blob space is remembered.
  bool KnowsOf(std::string_view space) const;

  // Each is null when nothing is remembered.
  const v1::LayerRemembered* FindLayer(std::string_view space,
                                       std::string_view key) const;
  const v1::LayerRemembered* FindLayerByDigest(std::string_view space,
                                               std::string_view digest) const;
  // `destination` as FormatDestination writes it.
  const v1::ReleaseRemembered* FindRelease(std::string_view destination) const;
  const v1::ResolvedImage* FindImage(std::string_view key) const;
  const v1::VerificationRemembered* FindVerification(
      std::string_view key) const;

  // Digests of the layers that were compared in images of that platform and
  // base, as VerificationRemembered has it.
  std::set<std::string> ComparedLayers(const v1::Platform& platform,
                                       std::string_view base) const;

  // The subjects to be forgotten to keep it within bounds: of each kind, what
  // has not been of use for longest.
  std::vector<std::string> Excess() const;

 private:
  void Remember(const std::string& subject, const v1::LayerRemembered& layer);
  // Also keeps the release's layers from being forgotten.
  void Remember(const std::string& subject,
                const v1::ReleaseRemembered& release);
  void Forget(const std::string& subject);

  // By subject.
  BoundedMemory<v1::LayerRemembered> layers_{24 << 20};
  BoundedMemory<v1::ReleaseRemembered> releases_{4 << 20};
  BoundedMemory<v1::ImageRemembered> images_{16 << 20};
  BoundedMemory<v1::VerificationRemembered> verifications_{4 << 20};
  // Subjects of layers by "SPACE DIGEST".
  std::map<std::string, std::string, std::less<>> layer_digests_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_MEMORY_MEMO_H_
