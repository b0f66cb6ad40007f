// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/plan_summary.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_join.h"
#include "common/base/proto_time.h"
#include "common/base/sizes.h"
#include "common/base/strings.h"
#include "common/oci/manifest.h"
#include "common/oci/reference.h"
#include "coordinator/core/base/layer_key.h"
#include "coordinator/core/base/words.h"

namespace kso::coordinator {
namespace {

// A build that seems to take longer is not estimated any closer.
constexpr absl::Duration kLongestEstimate = absl::Hours(24 * 365);

// A sum of bytes, which is -1 once one of its terms is not known.
class Total {
 public:
  void Add(int64_t size) {
    if (size < 0) known_ = false;
    sum_ = SaturatingAdd(sum_, std::max<int64_t>(size, 0));
  }
  int64_t value() const { return known_ ? sum_ : -1; }
  int64_t known_part() const { return sum_; }

 private:
  int64_t sum_ = 0;
  bool known_ = true;
};

// The downloads from upstream: URLs and digests of blobs, each counted once.
class Fetches {
 public:
  Fetches(const PlanHistory& history, const Plan& plan) {
    for (const v1::Task& task : plan.tasks) {
      if (plan.reused.contains(task.task_id())) continue;
      for (const v1::BlobSource& blob : task.copy_blobs().blobs()) {
        const std::string& digest = blob.blob().digest();
        if (history.HasBlob(task.copy_blobs().image(), digest)) continue;
        Add(digest, blob.blob().size());
      }
      for (const v1::LayerMember& member : task.make_layer().members()) {
        if (member.has_file()) Add(member.file().url(), member.file().size());
        if (member.has_blob()) {
          Add(member.blob().blob().digest(), member.blob().blob().size());
        }
      }
    }
  }

  bool Has(const std::string& id) const { return ids_.contains(id); }
  const Total& total() const { return total_; }

 private:
  void Add(const std::string& id, int64_t size) {
    if (ids_.insert(id).second) total_.Add(size);
  }

  std::set<std::string> ids_;
  Total total_;
};

void AddLayerTotals(const PlanHistory& history, Plan& plan) {
  v1::PlanSummary& summary = plan.summary;
  std::stable_partition(
      summary.mutable_layers()->pointer_begin(),
      summary.mutable_layers()->pointer_end(),
      [](const v1::PlannedLayer* layer) { return !layer->reused(); });
  Total to_pack;
  for (const v1::PlannedLayer& layer : summary.layers()) {
    if (layer.reused()) {
      summary.set_layers_reused(summary.layers_reused() + 1);
      summary.set_bytes_dead(
          SaturatingAdd(summary.bytes_dead(), layer.dead_bytes()));
      continue;
    }
    to_pack.Add(layer.size());
  }
  summary.set_layer_count(summary.layers_size());
  summary.set_bytes_to_pack(to_pack.value());

  // The bytes of base layers and of reused layers, each blob of an image once.
  std::map<std::string, int64_t> to_push;
  std::map<std::string, int64_t> there;
  for (const v1::Task& task : plan.tasks) {
    const std::string& image = task.copy_blobs().image();
    for (const v1::BlobSource& blob : task.copy_blobs().blobs()) {
      const std::string& digest = blob.blob().digest();
      (history.HasBlob(image, digest) ? there
                                      : to_push)[BlobName(image, digest)] =
          blob.blob().size();
    }
  }
  for (const auto& [id, reused] : plan.reused) {
    const v1::Descriptor& layer = reused.result().made_layer().layer();
    if (!layer.digest().empty()) there[layer.digest()] = layer.size();
  }
  Total push = to_pack;
  for (const auto& [name, size] : to_push) push.Add(size);
  Total reused;
  for (const auto& [name, size] : there) reused.Add(size);
  summary.set_bytes_to_push(push.value());
  plan.known_bytes_to_push = push.known_part();
  summary.set_bytes_reused(reused.known_part());
}

// The bytes of the layers that are unpacked to verify images: all layers of
// each image of which something changes.
Total BytesToUnpack(const v1::PlanSummary& summary) {
  std::set<std::string> changed;
  for (const v1::PlannedLayer& layer : summary.layers()) {
    if (!layer.reused()) changed.insert(layer.image());
  }
  Total bytes;
  for (const v1::PlannedLayer& layer : summary.layers()) {
    if (changed.contains(layer.image())) bytes.Add(layer.size());
  }
  return bytes;
}

// The URLs of the files that nothing but a validator of their hosts identifies.
std::set<std::string> RestOnValidators(const v1::Release& release,
                                       const Resolved& resolved) {
  std::set<std::string> urls;
  for (const v1::FileRequest& request : release.files()) {
    const auto file = resolved.files.find(request.url());
    if (file == resolved.files.end()) continue;
    v1::LayerMember member;
    member.mutable_file()->set_url(request.url());
    member.mutable_file()->set_size(file->second.size());
    member.mutable_file()->set_etag(file->second.etag());
    member.mutable_file()->set_last_modified(file->second.last_modified());
    if (!ContentIdentity(member, {}).empty()) urls.insert(request.url());
  }
  for (const v1::FileRequest& request : release.files()) {
    if (!request.digest().empty()) urls.erase(request.url());
  }
  return urls;
}

// Says which of the files they are.
void NoteValidators(const std::set<std::string>& urls,
                    v1::PlanSummary& summary) {
  constexpr int64_t kMostNamed = 3;
  if (urls.empty()) return;
  const auto count = static_cast<int64_t>(urls.size());
  const int64_t named = std::min(kMostNamed, count);
  summary.add_notes(Concat(
      Count(count, "file"), " without a checksum ",
      count == 1 ? "rests" : "rest",
      " on a validator of the host (ETag or Last-Modified) alone: ",
      absl::StrJoin(urls.begin(), std::next(urls.begin(), named), ", "),
      named == count ? std::string() : Concat(" and ", count - named, " more"),
      "; state checksums in the lists, or build with --fresh to read again"));
}

void AddFileItems(const v1::Release& release, const Resolved& resolved,
                  const Fetches& fetches, v1::PlanSummary& summary) {
  const std::set<std::string> doubted = RestOnValidators(release, resolved);
  NoteValidators(doubted, summary);
  std::set<std::string> seen;
  for (const v1::FileRequest& request : release.files()) {
    if (!seen.insert(request.url()).second) continue;
    const auto file = resolved.files.find(request.url());
    const int64_t size =
        file == resolved.files.end() ? -1 : file->second.size();
    v1::PlannedItem& item = *summary.add_items();
    item.set_name(request.url());
    item.set_size(size);
    item.set_bytes_to_fetch(fetches.Has(request.url()) ? size : 0);
    item.set_rests_on_validator(doubted.contains(request.url()));
  }
}

void AddImageItem(const v1::ResolvedImage& image, const std::string& reference,
                  const Fetches& fetches, v1::PlanSummary& summary) {
  std::map<std::string, int64_t> blobs;
  for (const v1::Document& document : image.manifests()) {
    const auto manifest = oci::ParseManifest(
        document.content(), document.content_descriptor().media_type());
    if (!manifest.ok()) continue;
    blobs[manifest->config.digest()] = manifest->config.size();
    for (const v1::Descriptor& layer : manifest->layers) {
      blobs[layer.digest()] = layer.size();
    }
  }
  v1::PlannedItem& item = *summary.add_items();
  item.set_name(reference);
  for (const auto& [digest, size] : blobs) {
    item.set_size(SaturatingAdd(item.size(), size));
    if (!fetches.Has(digest)) continue;
    item.set_bytes_to_fetch(SaturatingAdd(item.bytes_to_fetch(), size));
  }
}

void AddImageItems(const v1::Release& release, const Resolved& resolved,
                   const Fetches& fetches, v1::PlanSummary& summary) {
  std::set<std::string> seen;
  for (const v1::ImageRequest& request : release.images()) {
    const auto image = resolved.images.find(request.reference());
    if (image == resolved.images.end() ||
        !seen.insert(request.reference()).second) {
      continue;
    }
    AddImageItem(image->second, request.reference(), fetches, summary);
  }
}

void AddRegistries(const Resolved& resolved, v1::PlanSummary& summary) {
  std::map<std::string, v1::RegistryUse> registries;
  for (const auto& [name, image] : resolved.images) {
    const auto reference = oci::Reference::Parse(name);
    if (!reference.ok()) continue;
    v1::RegistryUse& use = registries[reference->host];
    use.set_registry(reference->host);
    use.set_images(use.images() + 1);
    use.set_manifest_gets(use.manifest_gets() + image.manifest_gets());
  }
  for (const auto& [host, use] : registries) *summary.add_registries() = use;
}

// Estimates the time from how fast the previous build at the destination was,
// all phases included.
void AddEstimate(const PlanHistory& history, v1::PlanSummary& summary) {
  const v1::ReleaseRemembered* previous = history.previous();
  const absl::Duration took =
      previous == nullptr ? absl::ZeroDuration() : FromProto(previous->took());
  if (took <= absl::ZeroDuration() || previous->bytes_moved() <= 0) {
    summary.set_estimate_basis(
        "no earlier build at this destination shows how fast the farm is");
    return;
  }
  const double rate = previous->bytes_moved() / absl::ToDoubleSeconds(took);
  const int64_t moved =
      SaturatingAdd(std::max<int64_t>(summary.bytes_to_fetch(), 0),
                    std::max<int64_t>(summary.bytes_to_push(), 0));
  *summary.mutable_estimated_time() =
      ToProto(std::min(absl::Seconds(moved / rate), kLongestEstimate));
  summary.set_estimate_basis(Concat(
      "as fast as the last large build there was: ",
      FormatBytes(static_cast<int64_t>(rate)), " fetched and pushed a second"));
}

}  // namespace

void Summarize(const v1::Release& release, const Resolved& resolved,
               const PlanHistory& history, Plan& plan) {
  v1::PlanSummary& summary = plan.summary;
  const Fetches fetches(history, plan);
  AddLayerTotals(history, plan);
  summary.set_bytes_to_fetch(fetches.total().value());
  plan.known_bytes_to_fetch = fetches.total().known_part();
  summary.set_worker_disk_bytes(SaturatingAdd(
      fetches.total().known_part(), BytesToUnpack(summary).known_part()));
  if (history.previous() != nullptr) {
    summary.set_previous_release(history.previous()->name());
  }
  AddFileItems(release, resolved, fetches, summary);
  AddImageItems(release, resolved, fetches, summary);
  AddRegistries(resolved, summary);
  AddEstimate(history, summary);
}

}  // namespace kso::coordinator
