// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_HISTORY_RELEASE_HISTORY_H_
#define KSO_TESTS_HISTORY_RELEASE_HISTORY_H_

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/fakes/resolved_release.h"

namespace kso::testing {

// A made-up history of the example release, of real names and sizes: what its
// names resolve to, release after release. Deterministic for a seed.
//
// A patch release changes about 10 files and 12 images: kubelet, kubectl and
// kubeadm and the images of Kubernetes each time, and a few other components,
// some of which are released often and most seldom. Images of a project change
// together. A minor release changes nearly everything. A new image has a new
// config and program; base layers, which projects share, change with minor
// releases, and some layers stay.
class ReleaseHistory {
 public:
  // `urls` by architecture and image references, as the example's lists have
  // them. Without `together` each image changes by itself, and all are as
  // likely to: nothing tells then what to put into one layer.
  ReleaseHistory(std::map<std::string, std::vector<std::string>> urls,
                 std::vector<std::string> references, uint32_t seed,
                 bool together = true);

  void NextPatch();
  void NextMinor();

  // The release as it is now.
  ResolvedRelease Current() const;

  // Of the last step.
  int files_changed() const { return files_changed_; }
  int images_changed() const { return images_changed_; }

 private:
  // Files or images that are released together.
  struct Component {
    std::vector<std::string> members;
    // How likely it is to change in a patch release; 1: always.
    double often = 0;
    int version = 0;
  };

  void Step(std::vector<Component>& components, int wanted, int& changed);
  bool Chance(double probability);

  const std::map<std::string, std::vector<std::string>> urls_;
  std::vector<Component> files_;
  std::vector<Component> images_;
  std::vector<int> bases_;
  std::mt19937 random_;
  int files_changed_ = 0;
  int images_changed_ = 0;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_HISTORY_RELEASE_HISTORY_H_
