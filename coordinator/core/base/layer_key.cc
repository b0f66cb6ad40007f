// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/layer_key.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/bytes/digest.h"
#include "common/layer/layer_writer.h"
#include "common/oci/mirrors.h"
#include "common/oci/platform.h"
#include "common/oci/reference.h"

namespace kso::coordinator {
namespace {

// Hashes fields so that no two lists of fields give the same bytes.
class KeyHasher {
 public:
  explicit KeyHasher(absl::string_view kind) { Add(kind); }

  void Add(absl::string_view field) {
    hasher_.Update(absl::StrCat(field.size(), ":"));
    hasher_.Update(std::string_view(field.data(), field.size()));
  }

  std::string Finish() { return hasher_.Finish().hex(); }

 private:
  Hasher hasher_;
};

// The validator that tells one content of a URL from the next; empty if none
// does.
std::string StrongValidator(const v1::FileSource& file) {
  if (file.etag().starts_with("\"")) return "etag " + file.etag();
  if (file.etag().empty() && !file.last_modified().empty()) {
    return "modified " + file.last_modified();
  }
  return "";
}

std::string FileIdentity(const v1::FileSource& file, const Mirrors& mirrors) {
  if (!file.digest().empty()) return file.digest();
  const std::string validator = StrongValidator(file);
  if (validator.empty() || file.size() < 0) return "";
  KeyHasher hasher("file");
  hasher.Add(file.url());
  hasher.Add(oci::MirrorUrl(file.url(), mirrors));
  hasher.Add(absl::StrCat(file.size()));
  hasher.Add(validator);
  return "url:" + hasher.Finish();
}

}  // namespace

std::string ContentIdentity(const v1::LayerMember& member,
                            const Mirrors& mirrors) {
  switch (member.source_case()) {
    case v1::LayerMember::kFile:
      return FileIdentity(member.file(), mirrors);
    case v1::LayerMember::kBlob:
      return member.blob().blob().digest();
    case v1::LayerMember::kContent:
      return Sha256Of(member.content()).ToString();
    default:
      return "";
  }
}

std::optional<LayerRecipe> RecipeOf(const v1::Task& task) {
  const v1::MakeLayer& work = task.make_layer();
  LayerRecipe recipe;
  std::vector<std::pair<const v1::LayerMember*, std::string>> members;
  for (const v1::LayerMember& member : work.members()) {
    std::string identity = ContentIdentity(member, task.mirrors());
    if (identity.empty()) return std::nullopt;
    recipe.identities.push_back(identity);
    members.emplace_back(&member, std::move(identity));
  }
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) {
    return a.first->path() < b.first->path();
  });
  KeyHasher hasher("layer");
  hasher.Add(absl::string_view(kLayerEncoder.data(), kLayerEncoder.size()));
  hasher.Add(work.media_type());
  for (const auto& [member, identity] : members) {
    hasher.Add(member->path());
    hasher.Add(absl::StrCat(member->mode()));
    hasher.Add(identity);
  }
  if (work.times_of_content()) hasher.Add("times of content");
  recipe.key = hasher.Finish();
  return recipe;
}

std::string ImageKey(const v1::Task& task) {
  const v1::ResolveImage& work = task.resolve_image();
  // The number counts the rules by which workers choose an image's manifests
  // and tell of them: an answer by other rules may lack some.
  KeyHasher hasher("image 3");
  hasher.Add(work.reference());
  if (const auto reference = oci::Reference::Parse(work.reference());
      reference.ok()) {
    const oci::ImageSource source =
        oci::ResolveMirror(*reference, task.mirrors());
    hasher.Add(source.host);
    hasher.Add(source.path);
  }
  hasher.Add(work.want_configs() ? "configs" : "");
  if (work.want_signatures()) hasher.Add("signatures");
  if (work.take_mislabelled()) hasher.Add("mislabelled");
  for (const v1::Platform& platform : work.platforms()) {
    hasher.Add(oci::FormatPlatform(platform));
  }
  return hasher.Finish();
}

std::string VerificationKey(const v1::Task& task) {
  KeyHasher hasher("verification");
  hasher.Add(oci::FormatPlatform(task.platform()));
  v1::VerifyImage work = task.verify_image();
  // The manifest determines these.
  work.clear_base();
  work.clear_layers();
  // The message has no maps, so equal messages serialize to equal bytes.
  hasher.Add(work.SerializeAsString());
  return hasher.Finish();
}

}  // namespace kso::coordinator
