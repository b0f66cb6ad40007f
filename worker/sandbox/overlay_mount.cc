// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/overlay_mount.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <system_error>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/strings.h"
#include "common/files/file_io.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

// The longest options that mount(2) takes, with the zero at their end.
constexpr size_t kLongestOptions = 4096;
// Nothing in a layer is a device of this machine, or lends its owner's rights.
constexpr unsigned long kFlags = MS_NODEV | MS_NOSUID;
// The place for mounts for a while (Filesystem Hierarchy Standard), which every
// user can reach. Only one program and its children see what is mounted there.
constexpr char kReachableTarget[] = "/mnt";

}  // namespace

absl::StatusOr<OverlayMount> OverlayMount::Prepare(
    const RootFilesystem& root, const std::filesystem::path& directory,
    const UserNamespace* users) {
  OverlayMount mount;
  mount.layers_ = root.directory.string();
  const std::filesystem::path scratch = directory / "scratch";
  mount.scratch_ = scratch.string();
  mount.upper_ = (scratch / "upper").string();
  mount.work_ = (scratch / "work").string();
  mount.target_ = (directory / "rootfs").string();
  std::vector<std::string> wanted = {mount.scratch_, mount.target_};
  if (users != nullptr) {
    mount.users_ = users->get();
    mount.root_id_ = users->ids().first;
    mount.mapped_ = (directory / "mapped").string();
    mount.target_ = kReachableTarget;
    wanted.push_back(mount.mapped_);
  }
  for (const std::string& path : wanted) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) {
      return WorkerTrouble(absl::ResourceExhaustedError(
          Concat("cannot make ", path, ": ", error.message())));
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
      scratch
          .lexically_relative(users == nullptr ? root.directory
                                               : directory / "mapped")
          .string();
  mount.options_ =
      Concat("lowerdir=", absl::StrJoin(names, ":"), ",upperdir=", beside,
             "/upper,workdir=", beside, "/work");
  if (mount.options_.size() < kLongestOptions) return mount;
  return absl::FailedPreconditionError(
      Concat("the image has ", names.size(),
             " layers, more than the kernel mounts at a time"));
}

bool OverlayMount::MapOwners() const {
  const FileDescriptor tree(static_cast<int>(
      syscall(SYS_open_tree, AT_FDCWD, layers_.c_str(),
              OPEN_TREE_CLONE | static_cast<unsigned int>(O_CLOEXEC))));
  mount_attr attributes = {};
  attributes.attr_set = MOUNT_ATTR_IDMAP;
  attributes.userns_fd = static_cast<uint64_t>(users_);
  return tree.get() >= 0 &&
         syscall(SYS_mount_setattr, tree.get(), "", AT_EMPTY_PATH, &attributes,
                 sizeof(attributes)) == 0 &&
         syscall(SYS_move_mount, tree.get(), "", AT_FDCWD, mapped_.c_str(),
                 MOVE_MOUNT_F_EMPTY_PATH) == 0;
}

bool OverlayMount::Enter() const {
  const bool maps = users_ >= 0;
  // Whatever the worker's umask is.
  umask(022);
  return unshare(CLONE_NEWNS) == 0 &&
         mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("tmpfs", scratch_.c_str(), "tmpfs", kFlags,
               "mode=0755,size=256m,nr_inodes=262144") == 0 &&
         mkdir(upper_.c_str(), 0755) == 0 && mkdir(work_.c_str(), 0755) == 0 &&
         chown(upper_.c_str(), root_id_, root_id_) == 0 &&
         (!maps || MapOwners()) &&
         chdir(maps ? mapped_.c_str() : layers_.c_str()) == 0 &&
         mount("overlay", target_.c_str(), "overlay", kFlags,
               options_.c_str()) == 0 &&
         chdir("/") == 0;
}

}  // namespace kso::worker
