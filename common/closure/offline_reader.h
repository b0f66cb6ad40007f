// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_CLOSURE_OFFLINE_READER_H_
#define KSO_COMMON_CLOSURE_OFFLINE_READER_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace kso::closure {

// The requests that Kubespray makes with an offline.yml of kso's. Immutable.
class Offline {
 public:
  // The largest file that is read.
  static constexpr size_t kMostBytes = size_t{1} << 20;

  // Reads the texts at the top of the file, and containerd's mirrors.
  // INVALID_ARGUMENT when it is too large, one of its texts refers to itself or
  // to none, or a line at the top or among the mirrors is none that kso writes:
  // Ansible may read there that another line does not count.
  static absl::StatusOr<Offline> Read(std::string_view yaml);

  // Where Kubespray asks for the file that is upstream at `url`, on the server:
  // "k8s/github.com/...". Empty when no variable leads there, so that the
  // nodes would ask upstream. INVALID_ARGUMENT when it leads to another server.
  absl::StatusOr<std::string> PathOf(std::string_view url) const;

  // The repositories of the registry that Kubespray asks for an image of that
  // name ("registry.k8s.io/pause"), or that containerd asks for one which a
  // manifest names: "k8s/pause". The first that is there counts. Empty and
  // INVALID_ARGUMENT likewise.
  absl::StatusOr<std::vector<std::string>> RepositoriesOf(
      std::string_view name) const;

  // The places that the file names whole, by the variable that leads there:
  // files as PathOf has them, and repositories of the registry. The variables
  // of single files and images ("*_download_url", "*_image_repo") are among
  // them, which kso does not set, and which count before the others. A file
  // that was made for another release names some that are not there.
  absl::StatusOr<std::map<std::string, std::string>> NamedFiles() const;
  absl::StatusOr<std::map<std::string, std::string>> NamedRepositories() const;

 private:
  class Reading;

  // The text at the top under that name, with those in it; empty where there is
  // none.
  absl::StatusOr<std::string> ValueOf(const std::string& name) const;
  // A text with those that it refers to. `left` is the number of references
  // that may still be followed.
  absl::StatusOr<std::string> Expand(std::string_view text, int& left) const;

  // The texts as they stand in the file.
  std::map<std::string, std::string> texts_;
  // Of containerd's mirrors, the hosts by prefix.
  std::map<std::string, std::vector<std::string>> mirrors_;
};

}  // namespace kso::closure

#endif  // KSO_COMMON_CLOSURE_OFFLINE_READER_H_
