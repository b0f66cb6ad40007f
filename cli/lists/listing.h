// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_LISTS_LISTING_H_
#define KSO_CLI_LISTS_LISTING_H_

#include <map>
#include <set>
#include <string>
#include <vector>

namespace kso::cli {

// Why an item is in a list.
struct Reason {
  // The feature of a cluster that asks for it: "kubelet",
  // "kubernetes-apps/metallb".
  std::string feature;
  // The role that says so: "kubespray_defaults".
  std::string role;
  // The variables that it is made of: "kubelet_download_url".
  std::string variable;

  // "kubelet, roles/kubespray_defaults, kubelet_download_url".
  std::string ToString() const;
};

struct ListedFile {
  std::string url;
  // "sha256:HEX" or "sha512:HEX"; empty when Kubespray states none.
  std::string digest;
  // "amd64", "arm64": whose nodes ask for it.
  std::set<std::string> architectures;
  Reason reason;
};

struct ListedImage {
  // Normalized.
  std::string reference;
  Reason reason;
};

// A question that could not be settled without running Kubespray.
struct Unsettled {
  std::string role;
  // The variable, or the template where it is made of several.
  std::string variable;
  std::string why;

  auto operator<=>(const Unsettled&) const = default;
};

// The items that a cluster asks for. They come in the order in which they were
// added, each once, with the reason that was given first.
class Listing {
 public:
  // INVALID is not known here: what is no URL or no image reference is for the
  // caller to find.
  void AddFile(const std::string& url, const std::string& digest,
               const std::string& architecture, const Reason& reason);
  // Returns whether it is new.
  bool AddImage(const std::string& reference, const Reason& reason);
  void AddUnsettled(Unsettled unsettled);

  const std::vector<ListedFile>& files() const { return files_; }
  const std::vector<ListedImage>& images() const { return images_; }
  const std::set<Unsettled>& unsettled() const { return unsettled_; }

 private:
  std::vector<ListedFile> files_;
  std::vector<ListedImage> images_;
  std::map<std::string, size_t, std::less<>> file_places_;
  std::set<std::string, std::less<>> image_references_;
  std::set<Unsettled> unsettled_;
};

}  // namespace kso::cli

#endif  // KSO_CLI_LISTS_LISTING_H_
