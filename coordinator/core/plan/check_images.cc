// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/check_images.h"

#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/strings.h"
#include "common/oci/reference.h"
#include "coordinator/core/base/permanent_failure.h"

namespace kso::coordinator {

void CheckImages(const v1::Release& release,
                 std::vector<v1::Failure>& failures) {
  // By "k8s/<path>:<tag>", which is without the host.
  std::map<std::string, std::pair<std::string, std::string>> served;
  for (const v1::ImageRequest& request : release.images()) {
    const absl::StatusOr<oci::Reference> reference =
        oci::Reference::Parse(request.reference());
    if (!reference.ok()) {
      failures.push_back(PermanentFailure(
          request.reference(), ToStd(reference.status().message()),
          "write it as HOST/PATH:TAG, as in registry.k8s.io/pause:3.9",
          request.location()));
      continue;
    }
    if (reference->tag.empty()) continue;
    const std::string name =
        Concat("k8s/", reference->path, ":", reference->tag);
    const auto [earlier, is_new] = served.emplace(
        name, std::make_pair(reference->ToString(), request.location()));
    if (!is_new && earlier->second.first != reference->ToString()) {
      failures.push_back(PermanentFailure(
          request.reference(),
          Concat("is served as ", name, ", and so is ", earlier->second.first,
                 " (", earlier->second.second, ")"),
          "keep one of the two, or name one by digest only",
          request.location()));
    }
  }
}

}  // namespace kso::coordinator
