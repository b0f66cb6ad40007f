// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_SITE_H_
#define KSO_COMMON_SITE_H_

#include <string_view>

// The promises of the finished images to those who run them inside the air gap
// (docs/inside.md). The coordinator builds them into the images, and workers
// ask the running images for them. Users see a change of any of these.
namespace kso::site {

// Names of the images: repositories under the destination.
inline constexpr std::string_view kFilesImage = "kubespray-files";
inline constexpr std::string_view kImagesImage = "kubespray-images";

// A release's images have its name as tag. This one is the newest release's.
inline constexpr std::string_view kLatestTag = "latest";
// Ends the tags of the kubespray-images that has all platforms in it.
inline constexpr std::string_view kAllSuffix = "-all";

// TCP ports. Both images speak plain HTTP, on all addresses: over IPv4, and
// over IPv6 where the kernel has it. The registry refuses pushes (405).
inline constexpr int kFilesPort = 8080;
inline constexpr int kImagesPort = 5000;

// kubespray-files answers 200 here as soon as it serves.
inline constexpr std::string_view kHealthPath = "/health";

// A file is at /k8s/HOST/PATH of kubespray-files, an image at the repository
// k8s/PATH of kubespray-images. A file's ETag follows from its content, and
// there is no Last-Modified.
inline constexpr std::string_view kPrefix = "k8s/";

// kubespray-files tells there what the release has: Kubespray's settings for
// it, the SHA-256 of everything below /k8s/ but of itself, each item with its
// verdict, and the same for people. No URL's host has one of these names.
inline constexpr std::string_view kOfflineFile = "offline.yml";
inline constexpr std::string_view kSumsFile = "SHA256SUMS";
inline constexpr std::string_view kIndexFile = "index.json";
inline constexpr std::string_view kPageFile = "index.html";

// Directories inside the images: nginx's document root, and the volume that
// the registry's official image declares.
inline constexpr std::string_view kFilesRoot = "/opt/k8s";
inline constexpr std::string_view kImagesRoot = "/var/lib/registry";

// The two directories as the beginning of a layer member's path.
inline constexpr std::string_view kFilesRootMember = "opt/k8s/";
inline constexpr std::string_view kImagesRootMember = "var/lib/registry/";

// Where the files are, as the beginning of a layer member's path.
inline constexpr std::string_view kFilesDirectory = "opt/k8s/k8s/";

static_assert(kFilesRootMember.substr(0, kFilesRoot.size() - 1) ==
              kFilesRoot.substr(1));
static_assert(kImagesRootMember.substr(0, kImagesRoot.size() - 1) ==
              kImagesRoot.substr(1));
static_assert(kFilesDirectory.substr(0, kFilesRootMember.size()) ==
                  kFilesRootMember &&
              kFilesDirectory.substr(kFilesRootMember.size()) == kPrefix);

// Returns whether a tag moves from release to release: "latest", "latest-all".
inline bool IsLatestTag(std::string_view tag) {
  return tag.substr(0, kLatestTag.size()) == kLatestTag &&
         (tag.size() == kLatestTag.size() ||
          tag.substr(kLatestTag.size()) == kAllSuffix);
}

}  // namespace kso::site

#endif  // KSO_COMMON_SITE_H_
