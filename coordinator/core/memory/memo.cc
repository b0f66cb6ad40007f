// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/memory/memo.h"

#include "common/base/strings.h"
#include "common/oci/destination.h"
#include "common/oci/platform.h"
#include "coordinator/core/base/record_subject.h"

namespace kso::coordinator {
namespace {

std::string DigestName(std::string_view space, std::string_view digest) {
  return Concat(space, " ", digest);
}

std::string DigestName(const v1::LayerRemembered& layer) {
  return DigestName(layer.space(), layer.layer().layer().digest());
}

template <typename Message>
void AddExcess(const BoundedMemory<Message>& memory,
               std::vector<std::string>& subjects) {
  for (std::string& subject : memory.Excess()) {
    subjects.push_back(std::move(subject));
  }
}

}  // namespace

std::string BlobSpaceOf(const v1::Destination& destination) {
  if (destination.kind() != v1::Destination::REGISTRY) return "store";
  return Concat("registry ", oci::DestinationHost(destination));
}

void Memo::Apply(const v1::JournalRecord& record) {
  const std::string subject = SubjectOf(record).name;
  if (record.has_layer_remembered()) {
    Remember(subject, record.layer_remembered());
  } else if (record.has_release_remembered()) {
    Remember(subject, record.release_remembered());
  } else if (record.has_image_remembered()) {
    images_.Put(subject, record.image_remembered());
  } else if (record.has_verification_remembered()) {
    verifications_.Put(subject, record.verification_remembered());
  } else if (record.has_memory_forgotten()) {
    Forget(subject);
  }
}

void Memo::Remember(const std::string& subject,
                    const v1::LayerRemembered& layer) {
  Forget(subject);
  layers_.Put(subject, layer);
  layer_digests_[DigestName(layer)] = subject;
}

void Memo::Remember(const std::string& subject,
                    const v1::ReleaseRemembered& release) {
  releases_.Put(subject, release);
  for (const v1::RememberedGroup& group : release.groups()) {
    for (const std::string& digest : group.layers()) {
      const auto found =
          layer_digests_.find(DigestName(release.space(), digest));
      if (found != layer_digests_.end()) layers_.Touch(found->second);
    }
  }
}

void Memo::Forget(const std::string& subject) {
  if (const v1::LayerRemembered* layer = layers_.Find(subject)) {
    const auto entry = layer_digests_.find(DigestName(*layer));
    if (entry != layer_digests_.end() && entry->second == subject) {
      layer_digests_.erase(entry);
    }
  }
  // A subject is of one kind.
  layers_.Remove(subject);
  releases_.Remove(subject);
  images_.Remove(subject);
  verifications_.Remove(subject);
}

bool Memo::KnowsOf(std::string_view space) const {
  const std::string prefix = DigestName(space, "");
  const auto first = layer_digests_.lower_bound(prefix);
  return first != layer_digests_.end() && first->first.starts_with(prefix);
}

const v1::LayerRemembered* Memo::FindLayer(std::string_view space,
                                           std::string_view key) const {
  return layers_.Find(Concat("layer ", space, " ", key));
}

const v1::LayerRemembered* Memo::FindLayerByDigest(
    std::string_view space, std::string_view digest) const {
  const auto found = layer_digests_.find(DigestName(space, digest));
  return found == layer_digests_.end() ? nullptr : layers_.Find(found->second);
}

const v1::ReleaseRemembered* Memo::FindRelease(
    std::string_view destination) const {
  return releases_.Find(Concat("release ", destination));
}

const v1::ResolvedImage* Memo::FindImage(std::string_view key) const {
  const v1::ImageRemembered* found = images_.Find(Concat("image ", key));
  return found == nullptr ? nullptr : &found->image();
}

const v1::VerificationRemembered* Memo::FindVerification(
    std::string_view key) const {
  return verifications_.Find(Concat("verification ", key));
}

std::set<std::string> Memo::ComparedLayers(const v1::Platform& platform,
                                           std::string_view base) const {
  std::set<std::string> layers;
  verifications_.ForEach([&](const v1::VerificationRemembered& image) {
    if (image.base() != base || oci::FormatPlatform(image.platform()) !=
                                    oci::FormatPlatform(platform)) {
      return;
    }
    layers.insert(image.layers().begin(), image.layers().end());
  });
  return layers;
}

std::vector<std::string> Memo::OfWorker(std::string_view worker) const {
  std::vector<std::string> subjects;
  const auto add = [&](const std::string& key, std::string_view by) {
    if (by == worker) subjects.push_back(key);
  };
  layers_.ForEachKey([&](const std::string& key, const auto& layer) {
    add(key, layer.made_by());
  });
  images_.ForEachKey([&](const std::string& key, const auto& image) {
    add(key, image.resolved_by());
  });
  verifications_.ForEachKey([&](const std::string& key, const auto& image) {
    add(key, image.worker());
  });
  return subjects;
}

std::vector<std::string> Memo::Excess() const {
  std::vector<std::string> subjects;
  AddExcess(layers_, subjects);
  AddExcess(releases_, subjects);
  AddExcess(images_, subjects);
  AddExcess(verifications_, subjects);
  return subjects;
}

}  // namespace kso::coordinator
