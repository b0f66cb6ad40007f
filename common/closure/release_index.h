// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_CLOSURE_RELEASE_INDEX_H_
#define KSO_COMMON_CLOSURE_RELEASE_INDEX_H_

#include <map>
#include <string>
#include <vector>

#include "kso/v1/build.pb.h"

namespace kso::closure {

// The content of the finished images, item by item, as kubespray-files tells
// it. The texts have no name of the release, and no place in a list: releases
// with the same content have the same bytes.

struct IndexedFile {
  // Relative to site::kPrefix: "dl.k8s.io/...".
  std::string path;
  // "sha512:HEX" where the list states one. May be empty.
  std::string sha512;
  v1::ItemVerdict verdict;
};

struct IndexedImage {
  // "k8s/pause".
  std::string repository;
  // Empty where the list has a digest only.
  std::string tag;
  // "linux/arm64": those that the registry has it for.
  std::vector<std::string> platforms;
  v1::ItemVerdict verdict;
};

struct ReleaseIndex {
  // Sorted by path, and by name.
  std::vector<IndexedFile> files;
  std::vector<IndexedImage> images;
  // As in PlanSummary.
  std::vector<std::string> missing_platforms;
  std::string missing_platforms_meaning;
};

// index.json, which docs/inside.md describes.
std::string IndexJson(const ReleaseIndex& index);

// index.html: the same for people, without scripts or anything from elsewhere.
std::string IndexHtml(const ReleaseIndex& index);

// SHA256SUMS, as `sha256sum -c` reads it in a copy of /k8s/. The keys are paths
// relative to there, the values "sha256:HEX".
std::string Sha256Sums(const std::map<std::string, std::string>& digests);

}  // namespace kso::closure

#endif  // KSO_COMMON_CLOSURE_RELEASE_INDEX_H_
