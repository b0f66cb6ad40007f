// SPDX-License-Identifier: Apache-2.0
#include "common/release_file/merge_items.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/repeated_field.h"

namespace kso::release_file {
namespace {

void MergeFiles(v1::Release& release) {
  std::map<std::string, int> by_url;
  std::vector<std::set<std::string>> architectures;
  google::protobuf::RepeatedPtrField<v1::FileRequest> merged;
  for (v1::FileRequest& file : *release.mutable_files()) {
    const auto [first, is_new] = by_url.try_emplace(file.url(), merged.size());
    if (is_new) {
      architectures.emplace_back();
      merged.Add()->CopyFrom(file);
    }
    architectures[first->second].insert(file.architectures().begin(),
                                        file.architectures().end());
    v1::FileRequest& into = merged[first->second];
    if (into.digest().empty()) into.set_digest(file.digest());
  }
  for (int i = 0; i < merged.size(); ++i) {
    merged[i].mutable_architectures()->Assign(architectures[i].begin(),
                                              architectures[i].end());
  }
  release.mutable_files()->Swap(&merged);
}

void MergeImages(v1::Release& release) {
  std::set<std::string> seen;
  google::protobuf::RepeatedPtrField<v1::ImageRequest> merged;
  for (v1::ImageRequest& image : *release.mutable_images()) {
    if (seen.insert(image.reference()).second) *merged.Add() = image;
  }
  release.mutable_images()->Swap(&merged);
}

}  // namespace

void MergeItems(v1::Release& release) {
  MergeFiles(release);
  MergeImages(release);
}

}  // namespace kso::release_file
