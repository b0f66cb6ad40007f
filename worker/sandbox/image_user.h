// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_IMAGE_USER_H_
#define KSO_WORKER_SANDBOX_IMAGE_USER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace kso::worker {

// The numbers that an image's process runs as.
struct ImageUser {
  uint32_t uid = 0;
  uint32_t gid = 0;
  // The other groups that the image's etc/group has the user in.
  std::vector<uint32_t> groups;
};

// Reads a file of the image; NOT_FOUND when there is none.
using ReadImageFile =
    std::function<absl::StatusOr<std::string>(std::string_view path)>;

// The user that an image's process runs as: `user` is "USER[:GROUP]", each by
// number or by the name that it has in the image's etc/passwd and etc/group
// (OCI image spec, config.md, "User"; passwd(5), group(5)). Empty is root.
// FAILED_PRECONDITION for a name that is not there.
absl::StatusOr<ImageUser> ResolveImageUser(std::string_view user,
                                           const ReadImageFile& read);

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_IMAGE_USER_H_
