// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/host_demand.h"

#include <map>

#include "common/base/strings.h"
#include "common/http/url.h"
#include "common/oci/destination.h"
#include "common/oci/mirrors.h"
#include "common/oci/reference.h"

namespace kso::coordinator {
namespace {

class Collector {
 public:
  explicit Collector(const v1::Task& task) : task_(task) {}

  void AddUrl(const std::string& url) {
    const auto parsed = http::Url::Parse(oci::MirrorUrl(url, task_.mirrors()));
    if (parsed.ok()) uses_[parsed->host()];
  }
  void AddRegistry(const std::string& host, bool manifests) {
    const auto parsed =
        http::Url::Parse(Concat("https://", oci::RegistryHost(host), "/"));
    if (!parsed.ok()) return;
    bool& known = uses_[parsed->host()];
    known = known || manifests;
  }
  void AddImage(const std::string& reference, bool manifests) {
    const auto parsed = oci::Reference::Parse(reference);
    if (!parsed.ok()) return;
    AddRegistry(oci::ResolveMirror(*parsed, task_.mirrors()).host, manifests);
  }
  void AddDestination(bool manifests) {
    if (task_.destination().kind() != v1::Destination::REGISTRY) return;
    AddRegistry(oci::DestinationHost(task_.destination()), manifests);
  }

  std::vector<HostDemand> Take() const {
    std::vector<HostDemand> uses;
    for (const auto& [host, manifests] : uses_) {
      uses.push_back({.host = host, .manifests = manifests});
    }
    return uses;
  }

 private:
  const v1::Task& task_;
  std::map<std::string, bool> uses_;
};

void AddLayer(const v1::MakeLayer& layer, Collector& collector) {
  // Members next to each other mostly come from the same host.
  std::string last;
  for (const v1::LayerMember& member : layer.members()) {
    if (member.has_file()) {
      collector.AddUrl(member.file().url());
    } else if (member.has_blob() && member.blob().repository() != last) {
      last = member.blob().repository();
      collector.AddImage(last, /*manifests=*/false);
    }
  }
  collector.AddDestination(/*manifests=*/false);
}

}  // namespace

std::vector<HostDemand> HostsOf(const v1::Task& task) {
  Collector collector(task);
  switch (task.work_case()) {
    case v1::Task::kResolveFile:
      collector.AddUrl(task.resolve_file().url());
      break;
    case v1::Task::kResolveImage:
      collector.AddImage(task.resolve_image().reference(), /*manifests=*/true);
      break;
    case v1::Task::kMakeLayer:
      AddLayer(task.make_layer(), collector);
      break;
    case v1::Task::kCopyBlobs:
      for (const v1::BlobSource& blob : task.copy_blobs().blobs()) {
        collector.AddImage(blob.repository(), /*manifests=*/false);
      }
      collector.AddDestination(/*manifests=*/false);
      break;
    case v1::Task::kVerifyImage:
      collector.AddDestination(/*manifests=*/true);
      break;
    case v1::Task::WORK_NOT_SET:
      break;
  }
  return collector.Take();
}

}  // namespace kso::coordinator
