// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_FAKE_DESTINATION_H_
#define KSO_TESTS_FAULT_FAKE_DESTINATION_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/oci/image_store.h"
#include "tests/fault/dice.h"
#include "tests/fault/faults.h"

namespace kso::testing {

// A registry in memory, as strict as real ones: it refuses bytes that do not
// match, and manifests whose parts it does not have. Calls fail as `faults`
// says, before they have an effect or after it. Not thread safe, but for
// HasBlob, which the assembly asks on many threads: whether one fails depends
// on nothing but the blob and the time.
class FakeDestination : public oci::ImageStore {
 public:
  // Called after each tag, with its repository and what it points at.
  using OnTag =
      std::function<void(const std::string& repository, const std::string& tag,
                         const std::string& digest)>;

  FakeDestination(const Faults* faults, Dice dice,
                  std::function<absl::Time()> now)
      : seed_(dice.Next()),
        faults_(*faults),
        dice_(dice),
        now_(std::move(now)) {}

  void set_on_tag(OnTag on_tag) { on_tag_ = std::move(on_tag); }
  // A planted fault, to try the invariants: the destination takes every
  // manifest, and says that it has every blob.
  void set_careless() { careless_ = true; }

  // Loses one of the blobs for ever. Returns its digest; "" when there is none.
  std::string LoseBlob();
  // The first part of `digest`, an index or manifest, that is missing; "" when
  // none is.
  std::string MissingFrom(const std::string& repository,
                          const std::string& digest) const;
  // The digest that a tag names; empty when there is no such tag.
  std::string TagOf(const std::string& repository,
                    const std::string& tag) const;

  absl::StatusOr<bool> HasBlob(std::string_view repository,
                               const Digest& digest) override;
  absl::StatusOr<int64_t> PutBlob(std::string_view repository,
                                  const v1::Descriptor& blob,
                                  const OpenSource& open) override;
  absl::StatusOr<int64_t> PutStream(std::string_view repository,
                                    const WriteBlob& write) override;
  absl::Status GetBlob(std::string_view repository, const v1::Descriptor& blob,
                       ByteSink& sink, int64_t offset) override;
  absl::StatusOr<v1::Descriptor> HeadManifest(
      std::string_view repository, std::string_view tag_or_digest) override;
  absl::StatusOr<v1::Document> GetManifest(
      std::string_view repository, std::string_view tag_or_digest) override;
  absl::Status PutManifest(std::string_view repository,
                           const v1::Document& manifest,
                           std::string_view tag) override;

 private:
  // "REPOSITORY@DIGEST" or "REPOSITORY:TAG".
  static std::string Key(std::string_view repository, std::string_view name);
  // The parts of a manifest or index that are not there.
  std::string MissingPart(std::string_view repository,
                          const v1::Document& manifest, bool deep) const;
  absl::Status Trouble();

  const uint64_t seed_;
  const Faults& faults_;
  Dice dice_;
  const std::function<absl::Time()> now_;
  OnTag on_tag_;
  bool careless_ = false;
  std::map<std::string, std::string> blobs_;
  std::map<std::string, v1::Document> manifests_;
  std::map<std::string, std::string> tags_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_FAKE_DESTINATION_H_
