// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_LISTS_LIST_ITEMS_H_
#define KSO_CLI_LISTS_LIST_ITEMS_H_

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace kso::cli {

// A line of a list of files or images, from whatever origin.
struct ListItem {
  enum class Kind { kFile, kImage };

  Kind kind = Kind::kFile;
  // A URL, or an image as the list has it.
  std::string text;
  // "sha256:HEX" of the line or of a checksum file; empty for none.
  std::string digest;
  // "amd64" where the list is for one architecture; empty for none.
  std::string architecture;
  // "my-release/files-amd64.list:3".
  std::string place;
};

// Reads lists leniently: what a build would refuse is still an item. `path` is
//
//   - a release.yaml, or a directory that has one: the lists and checksum files
//     that it names;
//   - another directory: its *.list, *.sha256, *.sha512 and *.sums;
//   - a list. Its architecture is the one that its name says.
//
// NOT_FOUND or INVALID_ARGUMENT with the path.
absl::StatusOr<std::vector<ListItem>> ReadListItems(
    const std::filesystem::path& path);

// A name with its versions taken out: what stays the same from release to
// release.
struct VersionedName {
  // "https://dl.k8s.io/release/*/bin/linux/amd64/kubelet",
  // "quay.io/calico/cni".
  std::string name;
  // "v1.32.8"; several are joined by a blank.
  std::string version;
};

VersionedName WithoutVersion(const ListItem& item);

}  // namespace kso::cli

#endif  // KSO_CLI_LISTS_LIST_ITEMS_H_
