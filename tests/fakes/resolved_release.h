// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_RESOLVED_RELEASE_H_
#define KSO_TESTS_FAKES_RESOLVED_RELEASE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "coordinator/core/plan/plan.h"
#include "kso/v1/build.pb.h"

namespace kso::testing {

// How an image is upstream.
struct ImageShape {
  std::vector<std::string> platforms = {"linux/amd64", "linux/arm64"};
  // A manifest without an index; of the first platform.
  bool bare = false;
  // Its index lists one index, which lists the manifests.
  bool nested = false;
  // Docker's media types.
  bool docker = false;
  // Sizes that its layers are said to have; a size of 0 is the true one.
  std::vector<int64_t> layers = {0, 0};
  // Content of a first layer that other images may have as well.
  std::string shared_layer = "";
  // As for `layers`.
  int64_t shared_layer_size = 0;
  // The config's "config" object and more, as JSON text without braces.
  std::string config_fields = R"("config":{"Cmd":["serve"]})";
};

// A release for linux/amd64 and linux/arm64 and what its names resolve to, made
// up from nothing. Deterministic. Not thread safe.
class ResolvedRelease {
 public:
  // Without items; bases are there already.
  ResolvedRelease();

  v1::FileRequest& AddFile(const std::string& url,
                           const std::vector<std::string>& architectures,
                           int64_t size = 1000);
  void AddImage(const std::string& reference, const ImageShape& shape = {});
  // Sets what `reference` resolves to, without asking for it.
  void SetImage(const std::string& reference, const ImageShape& shape);

  v1::Release release;
  coordinator::Resolved resolved;
  // Every config, and every layer with its true size, by digest.
  std::map<std::string, std::string> blobs;

 private:
  std::string AddBlob(const std::string& content);
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_RESOLVED_RELEASE_H_
