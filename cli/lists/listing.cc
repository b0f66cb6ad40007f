// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/listing.h"

#include "absl/strings/str_cat.h"

namespace kso::cli {

std::string Reason::ToString() const {
  std::string text = feature;
  if (!role.empty()) absl::StrAppend(&text, ", roles/", role);
  if (!variable.empty()) absl::StrAppend(&text, ", ", variable);
  return text;
}

void Listing::AddFile(const std::string& url, const std::string& digest,
                      const std::string& architecture, const Reason& reason) {
  const auto [place, is_new] = file_places_.emplace(url, files_.size());
  if (is_new) files_.push_back({url, "", {}, reason});
  ListedFile& file = files_[place->second];
  file.architectures.insert(architecture);
  if (file.digest.empty()) file.digest = digest;
}

bool Listing::AddImage(const std::string& reference, const Reason& reason) {
  const bool is_new = image_references_.insert(reference).second;
  if (is_new) images_.push_back({reference, reason});
  return is_new;
}

void Listing::AddUnsettled(Unsettled unsettled) {
  unsettled_.insert(std::move(unsettled));
}

}  // namespace kso::cli
