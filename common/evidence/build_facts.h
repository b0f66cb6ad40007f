// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_EVIDENCE_BUILD_FACTS_H_
#define KSO_COMMON_EVIDENCE_BUILD_FACTS_H_

#include <string>
#include <vector>

#include "kso/v1/build.pb.h"

namespace kso::evidence {

// The facts that evidence about one image of a build is made of.
struct BuildFacts {
  std::string release;
  std::vector<v1::Platform> platforms;
  v1::ImageResult image;
  // The reference of the image that it extends, and its digest.
  std::string base;
  std::string base_digest;
  // The items that the image serves, each with its digest and verdict.
  std::vector<v1::ItemVerdict> items;
};

}  // namespace kso::evidence

#endif  // KSO_COMMON_EVIDENCE_BUILD_FACTS_H_
