// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_VERIFY_COMPARED_CONTENT_H_
#define KSO_WORKER_VERIFY_COMPARED_CONTENT_H_

#include <string>

#include "absl/container/flat_hash_set.h"
#include "kso/v1/worker.pb.h"

namespace kso::worker {

// The content of an image that need not be compared again, since the very same
// has been, or is being, compared elsewhere. Thread safe once it is made.
class ComparedContent {
 public:
  // Nothing.
  ComparedContent() = default;
  // All contents of layers that were compared in an earlier image. Everything,
  // where another image of the build is asked for it.
  ComparedContent(const v1::VerifyImage& work, bool native);

  bool everything() const { return everything_; }
  // Tells whether to ask for names only: an emulated program takes several
  // times as long for each request.
  bool in_brief() const { return in_brief_; }
  bool Has(const std::string& digest) const {
    return everything_ || digests_.contains(digest);
  }
  // For people: "before", "in kubespray-images-all linux/amd64".
  const std::string& where() const { return where_; }

 private:
  bool everything_ = false;
  bool in_brief_ = false;
  absl::flat_hash_set<std::string> digests_;
  std::string where_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_VERIFY_COMPARED_CONTENT_H_
