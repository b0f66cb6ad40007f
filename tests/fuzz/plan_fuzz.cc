// SPDX-License-Identifier: Apache-2.0
// A plan of whatever hosts and registries have answered: it has an end in
// words, or numbers that make sense. A base's config becomes that of an image.

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"
#include "coordinator/core/plan/image_choice.h"
#include "coordinator/core/plan/planner.h"
#include "coordinator/registry/image_config.h"
#include "tests/fuzz/fill_message.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace {

using kso::Concat;
using kso::fuzz::Input;
using kso::fuzz::Require;
namespace oci = kso::oci;
namespace v1 = kso::v1;

constexpr const char* kUrls[] = {
    "https://dl.example.com/kubelet", "https://dl.example.com/v1/kubectl",
    "https://dl.example.com/etcd.tar.gz", "https://other.example.com/kubelet"};
constexpr char kPinned[] =
    "quay.io/a/b@sha256:"
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* kReferences[] = {
    "registry.example.com/pause:3.9", "registry.example.com/app:1",
    "docker.io/library/nginx:1", "docker.io/library/registry:3", kPinned};
constexpr const char* kPlatforms[] = {"linux/amd64",    "linux/arm64",
                                      "linux/amd64/v2", "unknown/unknown",
                                      "linux/arm64/v8", "windows/amd64"};
constexpr std::string_view kTypes[] = {
    oci::kOciIndex,        oci::kOciManifest,  oci::kDockerManifestList,
    oci::kDockerManifest,  oci::kOciConfig,    oci::kOciLayerGzip,
    oci::kDockerLayerGzip, oci::kOciLayerZstd, ""};
const std::vector<std::string>& Words() {
  static const auto& words =
      *new std::vector<std::string>{"linux",
                                    "amd64",
                                    "arm64",
                                    "v8",
                                    std::string(kTypes[0]),
                                    std::string(kTypes[1]),
                                    kReferences[0],
                                    kReferences[1],
                                    kUrls[0],
                                    kso::Sha256Of("1").ToString(),
                                    kso::Sha256Of("2").ToString(),
                                    "\"e\""};
  return words;
}

// Makes what a release's names resolve to.
class Maker {
 public:
  explicit Maker(Input& input) : input_(input) {}

  v1::Release Release() {
    v1::Release release;
    release.set_name("v1");
    for (const char* platform : {"linux/amd64", "linux/arm64"}) {
      if (input_.OneIn(4) && release.platforms_size() > 0) continue;
      *release.add_platforms() = *oci::ParsePlatform(platform);
    }
    release.set_files_base(kReferences[2]);
    release.set_images_base(kReferences[3]);
    release.mutable_destination()->set_kind(v1::Destination::REGISTRY);
    release.mutable_destination()->set_location("registry.example.com/team");
    release.mutable_missing_platform()->set_allow_by_default(input_.OneIn(2));
    const size_t files = input_.Below(5);
    for (size_t i = 0; i < files; ++i) {
      v1::FileRequest& file = *release.add_files();
      file.set_url(input_.Pick(kUrls));
      if (input_.OneIn(2)) file.set_digest(Words()[9]);
      *file.add_architectures() = "amd64";
    }
    const size_t images = input_.Below(4);
    for (size_t i = 0; i < images; ++i) {
      release.add_images()->set_reference(input_.Pick(kReferences));
    }
    return release;
  }

  kso::coordinator::Resolved Resolved() {
    kso::coordinator::Resolved resolved;
    for (const char* url : kUrls) {
      if (input_.OneIn(16)) continue;
      v1::ResolvedFile& file = resolved.files[url];
      file.set_url(url);
      file.set_size(input_.OneIn(2) ? input_.Number() : 1000);
      if (input_.OneIn(4)) file.set_etag("\"e\"");
    }
    for (const char* reference : kReferences) {
      if (input_.OneIn(16)) continue;
      v1::ResolvedImage& image = resolved.images[reference];
      image.set_reference(reference);
      input_.OneIn(16) ? kso::fuzz::FillMessage(input_, Words(), image)
                       : FillImage(image);
    }
    return resolved;
  }

 private:
  int64_t Size(size_t otherwise) {
    return input_.OneIn(8) ? input_.Number() : static_cast<int64_t>(otherwise);
  }
  std::string Quoted(std::string_view text) { return Concat("\"", text, "\""); }

  std::string DescriptorText(const v1::Descriptor& descriptor) {
    std::string text =
        Concat("{\"mediaType\":", Quoted(descriptor.media_type()),
               ",\"digest\":", Quoted(descriptor.digest()),
               ",\"size\":", descriptor.size());
    if (descriptor.has_platform()) {
      text += Concat(
          ",\"platform\":{\"os\":", Quoted(descriptor.platform().os()),
          ",\"architecture\":", Quoted(descriptor.platform().architecture()),
          "}");
    }
    return text + "}";
  }

  v1::Document MakeDocument(std::string_view type, std::string content) {
    if (input_.OneIn(32)) content = std::string(input_.Bytes(255));
    v1::Document document;
    v1::Descriptor& descriptor = *document.mutable_content_descriptor();
    descriptor.set_media_type(
        std::string(input_.OneIn(32) ? input_.Pick(kTypes) : type));
    descriptor.set_digest(input_.OneIn(32) ? Words()[9]
                                           : kso::Sha256Of(content).ToString());
    descriptor.set_size(Size(content.size()));
    document.set_content(std::move(content));
    return document;
  }

  void FillImage(v1::ResolvedImage& image) {
    std::vector<std::string> entries;
    for (const char* name : kPlatforms) {
      if (entries.size() > 1 && !input_.OneIn(4)) continue;
      if (input_.OneIn(8)) continue;
      const v1::Platform platform = *oci::ParsePlatform(name);
      std::vector<std::string> layers;
      std::vector<std::string> diff_ids;
      const size_t count = input_.Below(4);
      for (size_t i = 0; i < count; ++i) {
        v1::Descriptor layer;
        layer.set_media_type(std::string(
            input_.OneIn(16) ? input_.Pick(kTypes) : oci::kOciLayerGzip));
        layer.set_digest(
            kso::Sha256Of(absl::StrCat(input_.Below(5))).ToString());
        layer.set_size(Size(100));
        layers.push_back(DescriptorText(layer));
        diff_ids.push_back(Quoted(layer.digest()));
      }
      if (input_.OneIn(16)) diff_ids.push_back(Quoted("sha256:1"));
      const v1::Document config = MakeDocument(
          oci::kOciConfig,
          Concat("{\"os\":", Quoted(platform.os()),
                 ",\"architecture\":", Quoted(platform.architecture()),
                 ",\"config\":{\"Volumes\":{\"/var/lib\":{}},\"Cmd\":[\"x\"]},"
                 "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[",
                 absl::StrJoin(diff_ids, ","), "]}}"));
      v1::Document manifest = MakeDocument(
          oci::kOciManifest,
          Concat(
              "{\"schemaVersion\":2,\"mediaType\":", Quoted(oci::kOciManifest),
              ",\"config\":", DescriptorText(config.content_descriptor()),
              ",\"layers\":[", absl::StrJoin(layers, ","), "]}"));
      *manifest.mutable_content_descriptor()->mutable_platform() = platform;
      entries.push_back(DescriptorText(manifest.content_descriptor()));
      *image.add_manifests() = manifest;
      if (!input_.OneIn(16)) *image.add_configs() = config;
    }
    if (input_.OneIn(8) && image.manifests_size() > 0) {
      *image.mutable_top() = image.manifests(0);
    } else {
      *image.mutable_top() = MakeDocument(
          oci::kOciIndex,
          Concat("{\"schemaVersion\":2,\"mediaType\":", Quoted(oci::kOciIndex),
                 ",\"manifests\":[", absl::StrJoin(entries, ","), "]}"));
      if (input_.OneIn(4)) Nest(image);
    }
  }

  // Puts the image's index into another one.
  void Nest(v1::ResolvedImage& image) {
    *image.add_indexes() = image.top();
    *image.mutable_top() = MakeDocument(
        oci::kOciIndex,
        Concat("{\"schemaVersion\":2,\"manifests\":[",
               DescriptorText(image.indexes(0).content_descriptor()), "]}"));
  }

  Input& input_;
};

void CheckPlan(const kso::coordinator::Plan& plan) {
  for (const v1::Failure& failure : plan.failures) {
    Require(!failure.item().empty() && !failure.reason().empty(),
            "a failure names its item and its reason");
  }
  if (!plan.failures.empty()) return;
  std::set<std::string> ids;
  for (const v1::Task& task : plan.tasks) {
    Require(!task.task_id().empty() && ids.insert(task.task_id()).second,
            "each task has an id of its own");
    Require(task.weight() >= 0, "a weight is not negative");
  }
  for (const v1::PlannedImage& image : plan.images) {
    for (const std::string& id : image.layer_task_ids()) {
      Require(ids.contains(id), "a layer of an image is made");
    }
  }
  const v1::PlanSummary& summary = plan.summary;
  for (const int64_t bytes : {summary.bytes_reused(), summary.bytes_dead(),
                              summary.worker_disk_bytes()}) {
    Require(bytes >= -1, "a sum of bytes is one, or -1: not known");
  }
  for (const int64_t bytes : {summary.bytes_to_fetch(), summary.bytes_to_pack(),
                              summary.bytes_to_push()}) {
    Require(bytes >= -1, "a sum of bytes is known, or said not to be");
  }
}

void CheckBases(const v1::Release& release,
                const kso::coordinator::Resolved& resolved) {
  std::vector<v1::Failure> failures;
  for (const std::string& base :
       {release.files_base(), release.images_base()}) {
    const auto chosen =
        kso::coordinator::ChooseBase(base, release, resolved, failures);
    if (!chosen.has_value()) continue;
    for (const kso::coordinator::ChosenManifest& manifest : chosen->manifests) {
      const auto config = kso::coordinator::ExtendConfig(
          manifest, {.diff_ids = {Words()[9]},
                     .history = {"layer"},
                     .port = "8080/tcp",
                     .title = "kubespray-files",
                     .served_directory = "/var/lib/registry"});
      kso::fuzz::RequireSaid(config.status(), "a refusal has a reason");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  Maker maker(input);
  const v1::Release release = maker.Release();
  const kso::coordinator::Resolved resolved = maker.Resolved();
  CheckPlan(kso::coordinator::MakePlan("b1", release, resolved));
  CheckBases(release, resolved);
  return 0;
}
