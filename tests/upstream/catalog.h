// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_CATALOG_H_
#define KSO_TESTS_UPSTREAM_CATALOG_H_

#include <map>
#include <string>
#include <vector>

#include "tests/upstream/object_store.h"

namespace kso::upstream {

// A manifest or an index, as a registry sends it.
struct Manifest {
  std::string media_type;
  std::string bytes;
};

// One repository of one registry, as the registry API shows it.
struct Repository {
  std::map<std::string, std::string> tags;    // tag to digest
  std::map<std::string, Manifest> manifests;  // by digest; indexes too
  std::map<std::string, Object> blobs;        // by digest
};

// One line of the truth that tests compare with.
struct ExpectedImage {
  std::string reference;
  std::string digest;
  std::vector<std::string> platforms;
};

// Everything that the stand-in serves. Constant once made.
struct Catalog {
  std::map<std::string, Object> files;             // by URL
  std::map<std::string, Repository> repositories;  // "docker.io/library/nginx"
  std::vector<ExpectedImage> expected_images;      // in the list's order
};

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_CATALOG_H_
