// SPDX-License-Identifier: Apache-2.0
#include "worker/verify/wrong_layers.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/files/file_io.h"
#include "common/oci/blob_data_path.h"
#include "common/site.h"
#include "worker/task/cancellable_sink.h"
#include "worker/unpack/beneath.h"

namespace kso::worker {
namespace {

// A file that the image should have.
struct Wanted {
  std::string path;
  // The digest that it should have, by every algorithm that is known of it.
  std::vector<Digest> digests;
};

enum class Look { kAbsent, kRight, kWrong };

class HashersSink : public ByteSink {
 public:
  explicit HashersSink(const std::vector<Digest>& digests) {
    for (const Digest& digest : digests) {
      hashers_.emplace_back(digest.algorithm());
    }
  }

  absl::Status Write(std::string_view bytes) override {
    for (Hasher& hasher : hashers_) hasher.Update(bytes);
    return absl::OkStatus();
  }

  std::vector<Digest> Finish() {
    std::vector<Digest> digests;
    for (Hasher& hasher : hashers_) digests.push_back(hasher.Finish());
    return digests;
  }

 private:
  std::vector<Hasher> hashers_;
};

absl::StatusOr<Look> LookInto(FileDescriptor file, const Wanted& wanted,
                              const TaskControl& control) {
  HashersSink hashers(wanted.digests);
  CancellableSink sink(hashers, control);
  const auto source = SourceOfFile(std::move(file), wanted.path);
  KSO_RETURN_IF_ERROR(CopyBytes(*source, sink).status());
  return hashers.Finish() == wanted.digests ? Look::kRight : Look::kWrong;
}

// Follows nothing: a link where a plain file should be is wrong.
absl::StatusOr<Look> LookAt(const std::filesystem::path& layer,
                            const Wanted& wanted, const TaskControl& control) {
  KSO_ASSIGN_OR_RETURN(std::vector<std::string> names,
                       SplitLayerPath(wanted.path));
  if (names.empty()) return Look::kAbsent;
  const std::string name = names.back();
  names.pop_back();
  KSO_ASSIGN_OR_RETURN(const FileDescriptor root,
                       OpenFile(layer, O_RDONLY | O_DIRECTORY));
  const absl::StatusOr<FileDescriptor> directory =
      OpenDirectoryBeneath(root.get(), names, /*create=*/false);
  if (absl::IsNotFound(directory.status())) return Look::kAbsent;
  if (!directory.ok()) return Look::kWrong;
  struct stat info;
  if (fstatat(directory->get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) !=
      0) {
    return errno == ENOENT ? absl::StatusOr<Look>(Look::kAbsent)
                           : FileError(errno, "look at", wanted.path);
  }
  if (!S_ISREG(info.st_mode)) return Look::kWrong;
  FileDescriptor file(openat(directory->get(), name.c_str(),
                             O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (file.get() < 0) return FileError(errno, "open", wanted.path);
  return LookInto(std::move(file), wanted, control);
}

std::vector<Wanted> WantedFiles(const v1::VerifyImage& work) {
  std::vector<Wanted> wanted;
  for (const v1::MadeMember& file : work.files().files()) {
    Wanted one;
    one.path = Concat(site::kFilesRootMember, file.path());
    for (const std::string& text : {file.digest(), file.sha512()}) {
      const absl::StatusOr<Digest> digest = Digest::Parse(text);
      if (digest.ok()) one.digests.push_back(*digest);
    }
    wanted.push_back(std::move(one));
  }
  if (work.has_files()) return wanted;
  std::set<std::string> blobs;
  for (const v1::LayerContent& layer : work.layers()) {
    blobs.insert(layer.served_digests().begin(), layer.served_digests().end());
  }
  for (const std::string& blob : blobs) {
    const absl::StatusOr<Digest> digest = Digest::Parse(blob);
    if (!digest.ok()) continue;
    wanted.push_back({oci::BlobDataPath(*digest), {*digest}});
  }
  return wanted;
}

// Returns whether the layer is said to hold the file.
bool Claims(const v1::LayerContent& layer, const Wanted& wanted) {
  const auto& claimed = layer.served_digests();
  return std::any_of(
      wanted.digests.begin(), wanted.digests.end(), [&](const Digest& digest) {
        return std::find(claimed.begin(), claimed.end(), digest.ToString()) !=
               claimed.end();
      });
}

}  // namespace

absl::StatusOr<std::vector<std::string>> FindWrongLayers(
    const v1::VerifyImage& work, const RootFilesystem& root,
    const TaskControl& control) {
  const size_t count = work.layers_size();
  if (root.layers.size() < count) return std::vector<std::string>();
  const size_t base = root.layers.size() - count;
  std::set<std::string> wrong;
  for (const Wanted& wanted : WantedFiles(work)) {
    Look look = Look::kAbsent;
    // A layer covers those below it.
    for (size_t i = count; i > 0 && look == Look::kAbsent; --i) {
      KSO_ASSIGN_OR_RETURN(
          look, LookAt(root.directory / root.layers[base + i - 1].name, wanted,
                       control));
      if (look == Look::kWrong) {
        wrong.insert(work.layers(static_cast<int>(i) - 1).digest());
      }
    }
    if (look != Look::kAbsent) continue;
    for (const v1::LayerContent& layer : work.layers()) {
      if (Claims(layer, wanted)) wrong.insert(layer.digest());
    }
  }
  return std::vector<std::string>(wrong.begin(), wrong.end());
}

}  // namespace kso::worker
