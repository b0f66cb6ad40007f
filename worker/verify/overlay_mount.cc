// SPDX-License-Identifier: Apache-2.0
#include "worker/verify/overlay_mount.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/strings.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

// The longest options that mount(2) takes, with the zero at their end.
constexpr size_t kLongestOptions = 4096;
// Nothing in a layer is a device of this machine, or lends its owner's rights.
constexpr unsigned long kFlags = MS_NODEV | MS_NOSUID;

}  // namespace

absl::StatusOr<OverlayMount> OverlayMount::Prepare(
    const RootFilesystem& root, const std::filesystem::path& directory) {
  OverlayMount mount;
  mount.layers_ = root.directory.string();
  const std::filesystem::path scratch = directory / "scratch";
  mount.scratch_ = scratch.string();
  mount.upper_ = (scratch / "upper").string();
  mount.work_ = (scratch / "work").string();
  mount.target_ = (directory / "rootfs").string();
  for (const std::string* path : {&mount.scratch_, &mount.target_}) {
    std::error_code error;
    std::filesystem::create_directories(*path, error);
    if (error) {
      return WorkerTrouble(absl::ResourceExhaustedError(
          Concat("cannot make ", *path, ": ", error.message())));
    }
  }
  std::vector<std::string> names;
  for (auto layer = root.layers.rbegin(); layer != root.layers.rend();
       ++layer) {
    names.push_back(layer->name);
  }
  // Names from the directory of the layers on: short, and without the
  // characters that have a meaning among the options.
  const std::string beside =
      scratch.lexically_relative(root.directory).string();
  mount.options_ =
      Concat("lowerdir=", absl::StrJoin(names, ":"), ",upperdir=", beside,
             "/upper,workdir=", beside, "/work");
  if (mount.options_.size() < kLongestOptions) return mount;
  return absl::FailedPreconditionError(
      Concat("the image has ", names.size(),
             " layers, more than the kernel mounts at a time"));
}

bool OverlayMount::Enter() const {
  return unshare(CLONE_NEWNS) == 0 &&
         mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("tmpfs", scratch_.c_str(), "tmpfs", kFlags,
               "mode=0755,size=256m,nr_inodes=262144") == 0 &&
         mkdir(upper_.c_str(), 0755) == 0 && mkdir(work_.c_str(), 0755) == 0 &&
         chdir(layers_.c_str()) == 0 &&
         mount("overlay", target_.c_str(), "overlay", kFlags,
               options_.c_str()) == 0 &&
         chdir("/") == 0;
}

}  // namespace kso::worker
