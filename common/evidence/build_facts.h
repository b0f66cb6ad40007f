// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_EVIDENCE_BUILD_FACTS_H_
#define KSO_COMMON_EVIDENCE_BUILD_FACTS_H_

#include <string>
#include <vector>

#include "kso/v1/build.pb.h"
#include "kso/v1/types.pb.h"

namespace kso::evidence {

// A layer that the farm made, and who made it where.
struct LayerMaking {
  v1::Descriptor layer;
  // The worker's name; empty where it is not known.
  std::string worker;
  // The platform of the worker's program, and whether the processor of its
  // machine ran that itself. Empty where it is not known.
  v1::Platform platform;
  bool native = false;
};

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
  // The layers that workers made for it, in this build or in an earlier one.
  std::vector<LayerMaking> layers;
};

}  // namespace kso::evidence

#endif  // KSO_COMMON_EVIDENCE_BUILD_FACTS_H_
