// SPDX-License-Identifier: Apache-2.0
#include "common/closure/closure.h"

#include <fstream>
#include <string>

#include "absl/strings/str_replace.h"
#include "common/base/strings.h"
#include "common/closure/offline_reader.h"
#include "common/closure/offline_yaml.h"
#include "common/oci/reference.h"
#include "common/release/served_path.h"
#include "common/release/served_repository.h"
#include "common/site.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kso/v1/build.pb.h"

namespace kso::closure {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

void AddFile(v1::Release& release, const std::string& url) {
  release.add_files()->set_url(url);
}

v1::ImageRequest& AddImage(v1::Release& release, const std::string& reference) {
  v1::ImageRequest& image = *release.add_images();
  image.set_reference(reference);
  return image;
}

Offline ReadOrDie(const std::string& yaml) {
  const auto offline = Offline::Read(yaml);
  EXPECT_TRUE(offline.ok()) << offline.status();
  return offline.ok() ? *offline : Offline();
}

// Everything of the release is where its own offline.yml leads.
void ExpectClosed(const v1::Release& release) {
  const Offline offline = ReadOrDie(OfflineYaml(release));
  for (const v1::FileRequest& file : release.files()) {
    const std::string served =
        Concat(site::kPrefix, *release::ServedPath(file.url()));
    const absl::Status led = CheckFile(offline, file.url(), served);
    EXPECT_TRUE(led.ok()) << led;
  }
  for (const v1::ImageRequest& image : release.images()) {
    const auto reference = oci::Reference::Parse(image.reference());
    ASSERT_TRUE(reference.ok()) << reference.status();
    const absl::Status led =
        CheckImage(offline, reference->Name(),
                   release::ServedRepository(*reference, image.keep_host()));
    EXPECT_TRUE(led.ok()) << led;
  }
}

TEST(ClosureTest, TheExampleReleaseIsClosed) {
  v1::Release release;
  const std::string directory = "deploy/releases/kubespray-2.25.1/";
  for (const char* list : {"files-amd64.list", "files-arm64.list"}) {
    std::ifstream lines(directory + list);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("https://")) AddFile(release, line);
    }
  }
  std::ifstream lines(directory + "images.list");
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] != '#') AddImage(release, line);
  }
  EXPECT_GT(release.files_size(), 40);
  EXPECT_GT(release.images_size(), 50);
  for (const v1::FileRequest& file : release.files()) {
    EXPECT_TRUE(IsAskedFor(file.url())) << file.url();
  }
  ExpectClosed(release);
}

TEST(ClosureTest, WhatListsDoNotHaveIsFoundToo) {
  v1::Release release;
  AddFile(release,
          "https://raw.githubusercontent.com/argoproj/argo-cd/v2.11.0/"
          "manifests/install.yaml");
  AddFile(release, "https://helm.cilium.io/index.yaml");
  AddFile(release, "https://helm.cilium.io/cilium-1.17.3.tgz");
  AddFile(release,
          "https://postfinance.github.io/kubelet-csr-approver/index.yaml");
  AddImage(release, "docker.io/library/busybox:latest");
  AddImage(release, "docker.io/library/nginx:1.28.0-alpine");
  AddImage(release, "quay.io/cilium/cilium:v1.18.6");
  AddImage(release,
           "registry.k8s.io/provider-os/"
           "openstack-cloud-controller-manager:v1.32.0");
  AddImage(release, "mcr.microsoft.com/oss/kubernetes-csi/csi-attacher:v3.3.0");
  AddImage(release, "mcr.microsoft.com/k8s/csi/azuredisk-csi:v1.10.0");
  AddImage(release, "public.ecr.aws/eks/some:1");
  AddImage(release, "registry.example.com:5000/team/tool:1");
  for (const v1::FileRequest& file : release.files()) {
    EXPECT_TRUE(IsAskedFor(file.url())) << file.url();
  }
  ExpectClosed(release);
  EXPECT_THAT(
      OfflineYaml(release),
      AllOf(HasSubstr("argocd_install_url: \"{{ files_repo }}/"
                      "raw.githubusercontent.com/argoproj/argo-cd/v2.11.0/"
                      "manifests/install.yaml\"\n"),
            HasSubstr("local_path_provisioner_helper_image_repo: \"{{ "
                      "registry_host }}/library/busybox\"\n"
                      "local_path_provisioner_helper_image_tag: \"latest\"\n"),
            HasSubstr("useDigest: false"),
            HasSubstr("--repository {{ kso_cilium_charts }}"),
            HasSubstr("  - prefix: \"public.ecr.aws\"\n")));
}

TEST(ClosureTest, ImagesThatKeepTheirHostAreFound) {
  v1::Release release;
  AddImage(release, "quay.io/coreos/etcd:v3.5.16").set_keep_host(true);
  AddImage(release, "docker.io/coreos/etcd:v3.5.16");
  ExpectClosed(release);
  EXPECT_THAT(OfflineYaml(release),
              HasSubstr("quay_image_repo: \"{{ registry_host }}/quay.io\"\n"));
  // Where only some do, the engines' mirrors find both.
  AddImage(release, "quay.io/calico/node:v3.27.4");
  ExpectClosed(release);
  EXPECT_THAT(OfflineYaml(release),
              AllOf(HasSubstr("# quay_image_repo stays as it is"),
                    Not(HasSubstr("\nquay_image_repo:"))));
  EXPECT_THAT(
      *ReadOrDie(OfflineYaml(release)).RepositoriesOf("quay.io/calico/node"),
      ElementsAre("k8s/quay.io/calico/node", "k8s/calico/node"));
}

TEST(ClosureTest, TheFiveRepositoriesAndFourPrefixesAreAlwaysThere) {
  v1::Release release;
  AddFile(release, "https://example.com/tool");
  AddImage(release, "registry.k8s.io/pause:3.9");
  const std::string yaml = OfflineYaml(release);
  for (const char* name :
       {"kube_image_repo", "gcr_image_repo", "github_image_repo",
        "docker_image_repo", "quay_image_repo", "github_url", "dl_k8s_io_url",
        "storage_googleapis_url", "get_helm_url",
        "containerd_registries_mirrors", "crio_insecure_registries",
        "docker_insecure_registries"}) {
    EXPECT_THAT(yaml, HasSubstr(Concat("\n", name, ":")));
  }
  EXPECT_THAT(yaml, HasSubstr("#   {{ files_repo }}/example.com/tool\n"));
  EXPECT_FALSE(IsAskedFor("https://example.com/tool"));
}

// Whoever stands between a node and a TLS proxy must not get away with a
// certificate of their own.
TEST(ClosureTest, BehindATlsProxyTheEnginesCheckItsCertificate) {
  v1::Release release;
  AddImage(release, "registry.k8s.io/pause:3.9");
  const std::string yaml = OfflineYaml(release);
  for (const char* undone :
       {"skip_verify: true", "insecure: true", "insecure_registries:\n"}) {
    EXPECT_THAT(yaml, Not(HasSubstr(undone)));
  }
  for (const char* by_scheme :
       {"        skip_verify: \"{{ kso_scheme == 'http' }}\"\n",
        "        insecure: \"{{ kso_scheme == 'http' }}\"\n",
        "\ncrio_insecure_registries: \"{{ [registry_server] if kso_scheme == "
        "'http' else [] }}\"\n",
        "\ndocker_insecure_registries: \"{{ [registry_server] if kso_scheme == "
        "'http' else [] }}\"\n"}) {
    EXPECT_THAT(yaml, HasSubstr(by_scheme));
  }
  // Images of earlier versions, which checked none, can be read all the same.
  EXPECT_TRUE(
      Offline::Read(absl::StrReplaceAll(
                        yaml, {{"\"{{ kso_scheme == 'http' }}\"", "true"}}))
          .ok());
}

TEST(ClosureTest, OldReleasesGetALineForEachFile) {
  v1::Release release;
  AddFile(release, "https://dl.k8s.io/release/v1.27.5/bin/linux/arm64/kubelet");
  AddFile(release, "https://dl.k8s.io/release/v1.27.5/bin/linux/amd64/kubelet");
  AddFile(release,
          "https://storage.googleapis.com/gvisor/releases/release/1/aarch64/"
          "runsc");
  EXPECT_THAT(
      OfflineYaml(release),
      AllOf(HasSubstr("# kubelet_download_url: \"{{ files_repo }}/dl.k8s.io/"
                      "release/v1.27.5/bin/linux/{{ image_arch }}/kubelet\"\n"),
            HasSubstr("# gvisor_runsc_download_url: \"{{ files_repo }}/"
                      "storage.googleapis.com/gvisor/releases/release/1/{{ "
                      "ansible_architecture }}/runsc\"\n")));
}

TEST(ClosureTest, TheOrderOfTheListsIsOfNoConsequence) {
  v1::Release release;
  AddFile(release, "https://dl.k8s.io/b");
  AddFile(release, "https://dl.k8s.io/a");
  AddImage(release, "quay.io/b/b:1");
  AddImage(release, "ghcr.io/a/a:1");
  const std::string yaml = OfflineYaml(release);
  release.mutable_files()->SwapElements(0, 1);
  release.mutable_images()->SwapElements(0, 1);
  EXPECT_EQ(OfflineYaml(release), yaml);
}

class StaleTest : public ::testing::Test {
 protected:
  StaleTest() {
    AddFile(release_, kUrl);
    AddImage(release_, "registry.k8s.io/pause:3.9");
    yaml_ = OfflineYaml(release_);
  }

  absl::Status File() const {
    return CheckFile(ReadOrDie(yaml_), kUrl, "k8s/github.com/a/b.tar.gz");
  }
  absl::Status Image() const {
    return CheckImage(ReadOrDie(yaml_), "registry.k8s.io/pause", "k8s/pause");
  }

  static constexpr char kUrl[] = "https://github.com/a/b.tar.gz";
  v1::Release release_;
  std::string yaml_;
};

TEST_F(StaleTest, ALineThatIsMissingIsNamed) {
  ASSERT_TRUE(File().ok() && Image().ok()) << File() << Image();
  yaml_ = absl::StrReplaceAll(yaml_, {{"\ngithub_url:", "\n# github_url:"}});
  EXPECT_THAT(std::string(File().message()),
              AllOf(HasSubstr(kUrl), HasSubstr("its upstream host")));
  EXPECT_TRUE(Image().ok());
}

TEST_F(StaleTest, ALineThatLeadsElsewhereIsNamed) {
  yaml_ = absl::StrReplaceAll(
      yaml_, {{"{{ files_repo }}/github.com", "{{ files_repo }}/github"},
              {"kube_image_repo: \"{{ registry_host }}",
               "kube_image_repo: \"{{ registry_host }}/kube"}});
  EXPECT_THAT(std::string(File().message()),
              HasSubstr("at k8s/github/a/b.tar.gz, and it is at"));
  EXPECT_THAT(std::string(Image().message()),
              HasSubstr("at k8s/kube/pause, and it is at k8s/pause"));
}

TEST_F(StaleTest, ALineThatLeadsToAnotherServerIsNamed) {
  yaml_ = absl::StrReplaceAll(
      yaml_, {{"{{ files_repo }}/github.com", "https://github.com"}});
  EXPECT_THAT(std::string(File().message()),
              HasSubstr("leads to https://github.com/a/b.tar.gz"));
}

// Ansible reads all of YAML: a line may undo the right one above it in words
// that are not looked for.
TEST_F(StaleTest, WhatUndoesALineIsRefused) {
  const std::vector<std::string> lines = {
      "github_url: \"https://github.com\"",
      "github_url: https://github.com",
      "github_url: 'https://github.com'",
      "\"github_url\": \"https://github.com\"",
      "github_url : \"https://github.com\"",
      "? github_url",
      "<<: {github_url: https://github.com}",
      "{github_url: https://github.com}",
      "---",
      "...",
      "note: \"a text that goes on",
      "note: \"a\" # \"b\"",
      "note: \"\\x41\"",
      "note: |\n  x\n--- ",
      "note: \"a\"\n  b",
      "\tgithub_url: \"x\"",
      "containerd_registries_mirrors: []",
  };
  for (const std::string& line : lines) {
    EXPECT_FALSE(Offline::Read(Concat(yaml_, line, "\n")).ok()) << line;
  }
  EXPECT_TRUE(Offline::Read(Concat(yaml_, "other: \"text\"\n")).ok());
  EXPECT_TRUE(Offline::Read(Concat(yaml_, "other: true\n")).ok());
  EXPECT_TRUE(Offline::Read(Concat(yaml_, "other: v1.2-x\n")).ok());
}

TEST_F(StaleTest, WhatUndoesAMirrorIsRefused) {
  const std::string place = "  - prefix: \"registry.k8s.io\"\n";
  ASSERT_THAT(yaml_, HasSubstr(place));
  for (const char* line :
       {"  - prefix: \"registry.k8s.io\"\n", "    mirrors: []\n",
        "    mirrors:\n    mirrors:\n", "    server: https://example.com\n"}) {
    const std::string changed =
        absl::StrReplaceAll(yaml_, {{place, place + line}});
    EXPECT_FALSE(Offline::Read(changed).ok()) << line;
  }
}

// Kubespray takes the variable of one file or image before that of its host.
TEST_F(StaleTest, VariablesOfSingleItemsAreNamedPlaces) {
  const Offline good = ReadOrDie(
      Concat(yaml_, "runc_download_url: \"{{ files_repo }}/x/runc\"\n",
             "calico_node_image_repo: \"{{ registry_host }}/calico/node\"\n"));
  EXPECT_EQ(good.NamedFiles()->at("runc_download_url"), "k8s/x/runc");
  EXPECT_EQ(good.NamedRepositories()->at("calico_node_image_repo"),
            "k8s/calico/node");
  const Offline away = ReadOrDie(
      Concat(yaml_, "runc_download_url: \"https://example.com/runc\"\n",
             "calico_node_image_repo: \"quay.io/calico/node\"\n"));
  EXPECT_FALSE(away.NamedFiles().ok());
  EXPECT_FALSE(away.NamedRepositories().ok());
}

TEST_F(StaleTest, ARegistryAloneIsNoImage) {
  EXPECT_THAT(*ReadOrDie(yaml_).RepositoriesOf("registry.k8s.io"), IsEmpty());
}

TEST(OfflineTest, BoundsTheTextsThatReferToOthers) {
  const auto read = [](const std::string& a, int times) {
    std::string files_repo;
    for (int i = 0; i < times; ++i) files_repo += "{{ a }}";
    return Offline::Read(
        Concat("registry_server: \"S:5000\"\nregistry_host: \"S:5000/k8s\"\n",
               "a: \"", a, "\"\nfiles_repo: \"", files_repo, "\"\n"));
  };
  EXPECT_TRUE(read("x", 100).ok());
  EXPECT_FALSE(read("x", 101).ok());
  EXPECT_TRUE(read(std::string(2048, 'x'), 2).ok());
  EXPECT_FALSE(read(std::string(2049, 'x'), 2).ok());
}

TEST(OfflineTest, RefusesWhatRefersToItselfOrToNothing) {
  constexpr char kHead[] =
      "registry_server: \"S:5000\"\nregistry_host: \"S:5000/k8s\"\n";
  for (const char* files_repo :
       {"{{ files_repo }}", "{{ a }}", "{{ other }}", ""}) {
    EXPECT_FALSE(Offline::Read(Concat(kHead, "a: \"{{ b }}{{ b }}\"\n",
                                      "b: \"{{ a }}{{ a }}\"\n",
                                      "files_repo: \"", files_repo, "\"\n"))
                     .ok())
        << files_repo;
  }
  EXPECT_FALSE(Offline::Read("").ok());
  EXPECT_FALSE(Offline::Read(std::string(2 << 20, '#')).ok());
}

}  // namespace
}  // namespace kso::closure
