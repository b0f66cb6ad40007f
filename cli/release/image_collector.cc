// SPDX-License-Identifier: Apache-2.0
#include "cli/release/image_collector.h"

#include "absl/strings/str_cat.h"
#include "common/base/strings.h"
#include "common/oci/reference.h"

namespace kso::cli {

void ImageCollector::AddLine(absl::string_view line, const Place& place,
                             absl::string_view location) {
  if (line.find_first_of(" \t") != absl::string_view::npos) {
    problems_->Add(place, absl::StrCat("'", line, "' is more than one word"),
                   "write one image reference a line: HOST/PATH:TAG");
    return;
  }
  if (line.find("://") != absl::string_view::npos) {
    problems_->Add(place, absl::StrCat("'", line, "' has a scheme"),
                   "write the image reference alone: HOST/PATH:TAG");
    return;
  }
  const auto reference = oci::Reference::Parse(ToStd(line));
  if (!reference.ok()) {
    problems_->Add(place,
                   absl::StrCat("'", line, "' is not an image reference: ",
                                reference.status().message()),
                   "write HOST/PATH:TAG");
    return;
  }
  const std::string text = reference->ToString();
  const std::string target = absl::StrCat(
      "k8s/", reference->path,
      reference->tag.empty() ? absl::StrCat("@", reference->Identifier())
                             : absl::StrCat(":", reference->tag));
  const auto [found, is_new] = by_target_.try_emplace(target, text, place);
  if (!is_new) {
    // The same image again changes nothing.
    if (found->second.reference == text) return;
    problems_->Add(
        place,
        absl::StrCat("'", text, "' and '", found->second.reference, "' (",
                     found->second.place.ToString(), ") would both be ", target,
                     " in the loaded registry"),
        "keep one of them, or put them in releases of their own");
    return;
  }
  v1::ImageRequest image;
  image.set_reference(text);
  image.set_location(std::string(location));
  images_.push_back(std::move(image));
}

}  // namespace kso::cli
