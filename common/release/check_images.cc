// SPDX-License-Identifier: Apache-2.0
#include "common/release/check_images.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "common/base/strings.h"
#include "common/oci/grammar.h"
#include "common/oci/reference.h"
#include "common/release/image_patterns.h"
#include "common/release/served_repository.h"
#include "common/text/without_login.h"

namespace kso::release {
namespace {

constexpr std::string_view kIsNone = "is not an image reference";

void CheckPatterns(const v1::Release& release, std::vector<Problem>& problems) {
  for (int i = 0; i < release.missing_platform().allow_size(); ++i) {
    const std::string& pattern = release.missing_platform().allow(i);
    if (IsImagePattern(pattern)) continue;
    problems.push_back(
        {Field::kMissingPlatform,
         i,
         "images.missingPlatform.allow",
         {Concat("'", pattern, "' cannot match an image reference"),
          "write HOST/PATH, where * stands for any run of characters"}});
  }
}

}  // namespace

std::optional<Violation> CheckReference(std::string_view text) {
  if (absl::StrContains(ToAbsl(text), "://")) {
    return Violation{Concat(kIsNone, ": it has a scheme"),
                     "write HOST/PATH:TAG alone"};
  }
  const auto reference = oci::Reference::Parse(text);
  if (reference.ok()) return std::nullopt;
  // The status names the text first, which a message does anyway.
  const std::string message(reference.status().message());
  const size_t reason = message.find(kIsNone);
  return Violation{reason == std::string::npos ? Concat(kIsNone, ": ", message)
                                               : message.substr(reason),
                   "write HOST/PATH:TAG, as in registry.k8s.io/pause:3.9"};
}

std::string ReferenceInWords(const std::string& text) {
  return oci::Reference::Parse(text).ok() ? text : WithoutLogin(text);
}

namespace {

class ImagesCheck {
 public:
  ImagesCheck(const v1::Release& release, std::vector<Problem>& problems)
      : release_(release), problems_(problems) {}

  void Run() {
    for (int i = 0; i < release_.images_size(); ++i) Check(i);
  }

 private:
  void Add(int index, Violation violation, int other = -1) {
    problems_.push_back({Field::kImages, index,
                         ReferenceInWords(release_.images(index).reference()),
                         std::move(violation), other});
  }

  void Check(int index) {
    const v1::ImageRequest& request = release_.images(index);
    if (std::optional<Violation> bad = CheckReference(request.reference())) {
      Add(index, *std::move(bad));
      return;
    }
    const oci::Reference reference =
        *oci::Reference::Parse(request.reference());
    const std::string repository =
        ServedRepository(reference, request.keep_host());
    if (!oci::IsValidRepositoryPath(repository)) {
      Add(index, {Concat("would be ", repository,
                         " in the finished registry, which no repository can "
                         "be called"),
                  request.keep_host() ? "take it out of images.keepHost"
                                      : "find a shorter name for it"});
      return;
    }
    if (!reference.tag.empty()) {
      CheckTag(index, reference, Concat(repository, ":", reference.tag));
    }
  }

  // Only the digests that are stated can be compared before the images are
  // resolved.
  void CheckTag(int index, const oci::Reference& reference,
                const std::string& name) {
    if (!reference.digest.has_value()) return;
    const auto [found, is_new] = served_.try_emplace(name, index);
    if (is_new) return;
    const std::string& other = release_.images(found->second).reference();
    const oci::Reference first = *oci::Reference::Parse(other);
    if (first.digest == reference.digest) return;
    Add(index,
        {Concat("would be ", name, " in the finished registry, and so would '",
                other, "'"),
         ClashAdvice(first, reference)},
        found->second);
  }

  const v1::Release& release_;
  std::vector<Problem>& problems_;
  // The first image of a name in the finished registry whose digest is stated.
  std::map<std::string, int> served_;
};

}  // namespace

std::string ClashAdvice(const oci::Reference& first,
                        const oci::Reference& second) {
  if (first.Name() == second.Name()) {
    return "keep one of the two, or name one by digest only";
  }
  return Concat(
      "keep both, one under a name with its host: images: "
      "{keepHost: [\"",
      second.Name(), "\"]}; or drop one, or name one by digest only");
}

void CheckImages(const v1::Release& release, std::vector<Problem>& problems) {
  ImagesCheck(release, problems).Run();
  CheckPatterns(release, problems);
}

}  // namespace kso::release
