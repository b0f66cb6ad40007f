// SPDX-License-Identifier: Apache-2.0
#include "common/closure/offline_yaml.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "common/base/strings.h"
#include "common/closure/variables.h"
#include "common/oci/reference.h"
#include "common/release/served_path.h"
#include "common/site.h"

namespace kso::closure {
namespace {

// The lines that are the same for every release. @WORD@ stands for one of the
// constants of common/site.h.
constexpr char kHead[] = R"(---
# Kubespray's settings for the files and images of this release, made by kso.
# Copy this file to inventory/.../group_vars/all/offline.yml.

# EDIT THIS: the address of the machine that runs kubespray-files and
# kubespray-images, as the nodes reach it.
kso_host: "@SERVER@"
# Both speak plain HTTP. Where a TLS proxy stands before them, write "https"
# here, and let the nodes trust its CA before Kubespray runs: downloads and
# container engines check its certificate then.
kso_scheme: "http"

files_repo: "{{ kso_scheme }}://{{ kso_host }}:@FILES_PORT@/@PREFIX_NAME@"
registry_server: "{{ kso_host }}:@IMAGES_PORT@"
registry_host: "{{ registry_server }}/@PREFIX_NAME@"
)";

std::string Head() {
  return absl::StrReplaceAll(
      kHead, {{"@SERVER@", kServer},
              {"@FILES_PORT@", Concat(site::kFilesPort)},
              {"@IMAGES_PORT@", Concat(site::kImagesPort)},
              {"@PREFIX_NAME@",
               ToAbsl(site::kPrefix.substr(0, site::kPrefix.size() - 1))}});
}

// `name: "value"`.
std::string Line(std::string_view name, std::string_view value) {
  return Concat(name, ": \"", value, "\"\n");
}

// A URL without its scheme, which is where it is served.
std::string_view WithoutScheme(std::string_view url) {
  return url.substr(url.find("//") + 2);
}

// An image of the release, and where it is served.
struct Image {
  oci::Reference reference;
  bool keep_host = false;
};

class Writer {
 public:
  explicit Writer(const v1::Release& release) {
    for (const v1::FileRequest& file : release.files()) {
      if (release::ServedPath(file.url()).ok()) urls_.insert(file.url());
    }
    for (const v1::ImageRequest& request : release.images()) {
      const auto reference = oci::Reference::Parse(request.reference());
      if (!reference.ok()) continue;
      images_[reference->ToString()] = {*reference, request.keep_host()};
    }
  }

  std::string Write() {
    text_ = Head();
    if (!urls_.empty()) WriteFiles();
    if (!images_.empty()) WriteImages();
    if (!urls_.empty()) WriteDownloads();
    return std::move(text_);
  }

 private:
  void WriteFiles() {
    text_ += "\n# Files.\n";
    for (const Variable& variable : FileVariables()) {
      const auto url = std::find_if(
          urls_.begin(), urls_.end(), [&](const std::string& candidate) {
            return FindVariable(FileVariables(), candidate) == &variable;
          });
      if (url == urls_.end() && !variable.always) continue;
      text_ += Line(variable.name,
                    Concat("{{ files_repo }}/",
                           WithoutScheme(variable.whole ? std::string_view(*url)
                                                        : variable.upstream)));
      if (variable.name == "kso_cilium_charts") {
        text_ += Line("cilium_install_extra_flags",
                      "--repository {{ kso_cilium_charts }}");
      }
    }
    WriteUnasked();
  }

  // Names the files that Kubespray has no variable for.
  void WriteUnasked() {
    bool first = true;
    for (const std::string& url : urls_) {
      if (FindVariable(FileVariables(), url) != nullptr) continue;
      if (first) {
        text_ +=
            "# No variable of Kubespray leads to these; they are served "
            "all the same:\n";
      }
      first = false;
      text_ += Concat("#   {{ files_repo }}/", WithoutScheme(url), "\n");
    }
  }

  // Where the images are that a variable stands for, or that a registry has.
  struct Places {
    // Without their registry's host before their path, and with it.
    bool plain = false;
    bool kept = false;

    void Add(bool keep_host) { (keep_host ? kept : plain) = true; }
    bool mixed() const { return plain && kept; }
  };

  Places PlacesOf(const Variable& variable) const {
    Places places;
    for (const auto& [name, image] : images_) {
      if (FindVariable(ImageVariables(), image.reference.Name()) == &variable) {
        places.Add(image.keep_host);
      }
    }
    return places;
  }

  // The place of a repository below registry_host.
  static std::string Below(std::string_view upstream, bool keep_host) {
    const size_t slash = upstream.find('/');
    const std::string_view host = upstream.substr(0, slash);
    const std::string_view path = slash == std::string_view::npos
                                      ? std::string_view()
                                      : upstream.substr(slash);
    std::string served_host(host);
    std::replace(served_host.begin(), served_host.end(), ':', '-');
    return Concat("{{ registry_host }}",
                  keep_host ? Concat("/", served_host) : "", path);
  }

  void WriteImages() {
    text_ += "\n# Images.\n";
    for (const Variable& variable : ImageVariables()) {
      const Places places = PlacesOf(variable);
      if (!places.plain && !places.kept && !variable.always) continue;
      if (places.mixed()) {
        text_ += Concat("# ", variable.name,
                        " stays as it is, since images.keepHost puts a part of "
                        "these images\n# elsewhere: the mirrors below find "
                        "them.\n");
        continue;
      }
      text_ += Line(variable.name, Below(variable.upstream, places.kept));
      if (variable.name == "local_path_provisioner_helper_image_repo") {
        text_ +=
            Line("local_path_provisioner_helper_image_tag", TagOf(variable));
      }
    }
    WriteCilium();
    WriteEngines();
  }

  // The tag of the first image that the variable stands for.
  std::string TagOf(const Variable& variable) const {
    for (const auto& [name, image] : images_) {
      if (StandsFor(variable, image.reference.Name())) {
        return image.reference.tag;
      }
    }
    return "";
  }

  // The chart names the images' digests, of versions that Kubespray may replace
  // by others.
  void WriteCilium() {
    for (const auto& [name, image] : images_) {
      if (image.reference.Name() != "quay.io/cilium/cilium") continue;
      text_ += R"(
# Cilium's chart, from Kubespray 2.29 on. 2.28 has no variable for it, nor for
# the flags above: there, `cilium install` asks the internet for the chart.
cilium_extra_values:
  image: {useDigest: false}
  certgen: {image: {useDigest: false}}
  envoy: {image: {useDigest: false}}
  hubble:
    relay: {image: {useDigest: false}}
    ui: {backend: {image: {useDigest: false}}, frontend: {image: {useDigest: false}}}
  operator: {image: {useDigest: false}}
)";
      return;
    }
  }

  // The registries of the images.
  std::map<std::string, Places> Registries() const {
    std::map<std::string, Places> registries;
    for (const auto& [name, image] : images_) {
      registries[image.reference.host].Add(image.keep_host);
    }
    return registries;
  }

  // The directories of the registry that have a registry's images. Where an
  // image is not in the first, container engines ask for it in the second.
  static std::vector<std::string> Directories(const std::string& host,
                                              const Places& places) {
    const std::string plain(site::kPrefix.substr(0, site::kPrefix.size() - 1));
    std::vector<std::string> directories;
    if (places.kept) {
      directories.push_back(
          Concat(plain, "/", absl::StrReplaceAll(host, {{":", "-"}})));
    }
    if (places.plain) directories.push_back(plain);
    return directories;
  }

  void WriteEngines() {
    text_ += R"(
# How the nodes' container engines reach the registry. Images that manifests
# name by their upstream registry come from here, too.
containerd_registries_mirrors:
  - prefix: "{{ registry_server }}"
    mirrors:
      - host: "{{ kso_scheme }}://{{ registry_server }}"
        capabilities: ["pull", "resolve"]
        skip_verify: "{{ kso_scheme == 'http' }}"
)";
    for (const auto& [host, places] : Registries()) {
      text_ += Concat("  - prefix: \"", host, "\"\n    mirrors:\n");
      for (const std::string& directory : Directories(host, places)) {
        text_ += Concat(
            "      - host: \"{{ kso_scheme }}://{{ registry_server }}/v2/",
            directory,
            "\"\n"
            "        capabilities: [\"pull\", \"resolve\"]\n"
            "        skip_verify: \"{{ kso_scheme == 'http' }}\"\n"
            "        override_path: true\n");
      }
    }
    text_ +=
        R"(crio_insecure_registries: "{{ [registry_server] if kso_scheme == 'http' else [] }}"
crio_registries:
)";
    for (const auto& [host, places] : Registries()) {
      text_ += Concat("  - prefix: \"", host, "\"\n    location: \"", host,
                      "\"\n    mirrors:\n");
      for (const std::string& directory : Directories(host, places)) {
        text_ += Concat("      - location: \"{{ registry_server }}/", directory,
                        "\"\n        insecure: "
                        "\"{{ kso_scheme == 'http' }}\"\n");
      }
    }
    text_ +=
        R"(docker_insecure_registries: "{{ [registry_server] if kso_scheme == 'http' else [] }}"
)";
  }

  // The lines for releases that do not know the prefixes. A URL of one
  // architecture stands for that of the others, by Kubespray's words for it.
  void WriteDownloads() {
    bool first = true;
    std::set<std::string_view> written;
    for (const Variable& variable : DownloadVariables()) {
      for (const std::string& url : urls_) {
        if (!StandsFor(variable, url) ||
            !written.insert(variable.name).second) {
          continue;
        }
        if (first) {
          text_ +=
              "\n# Kubespray before 2.25.0 does not know the prefixes of files "
              "above, and needs these\n# lines:\n";
        }
        first = false;
        const std::string path =
            absl::StrReplaceAll(ToAbsl(WithoutScheme(url)),
                                {{"amd64", "{{ image_arch }}"},
                                 {"arm64", "{{ image_arch }}"},
                                 {"x86_64", "{{ ansible_architecture }}"},
                                 {"aarch64", "{{ ansible_architecture }}"}});
        text_ += Concat("# ",
                        Line(variable.name, Concat("{{ files_repo }}/", path)));
      }
    }
  }

  // Both in the order of their names, so that the lists' order is of no
  // consequence.
  std::set<std::string> urls_;
  std::map<std::string, Image> images_;
  std::string text_;
};

}  // namespace

std::string OfflineYaml(const v1::Release& release) {
  return Writer(release).Write();
}

}  // namespace kso::closure
