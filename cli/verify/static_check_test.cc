// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/static_check.h"

#include <archive.h>
#include <elf.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "cli/verify/image_check.h"
#include "cli/verify/image_source.h"
#include "cli/verify/report.h"
#include "cli/verify/run_check.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/closure/offline_yaml.h"
#include "common/closure/release_index.h"
#include "common/oci/blob_data_path.h"
#include "common/oci/layout_index.h"
#include "common/oci/media_types.h"
#include "common/site.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kso/v1/build.pb.h"
#include "nlohmann/json.hpp"
#include "tests/fakes/tar_layers.h"
#include "tests/fakes/temp_directory.h"
#include "worker/local/image_runner.h"

namespace kso::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kKubectl[] =
    "dl.k8s.io/release/v1.29.10/bin/linux/amd64/kubectl";
constexpr char kKubectlArm64[] =
    "dl.k8s.io/release/v1.29.10/bin/linux/arm64/kubectl";
constexpr char kRepositories[] =
    "var/lib/registry/docker/registry/v2/repositories/";

std::string Elf(uint16_t machine) {
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_EXEC;
  header.e_machine = machine;
  std::string elf(reinterpret_cast<const char*>(&header), sizeof(header));
  elf.resize(4096, 'x');
  return elf;
}

using Files = std::map<std::string, std::string>;

// Runs nothing, and notes what it was asked.
class FakeRunner : public worker::ImageRunner {
 public:
  absl::StatusOr<v1::PlatformSupport> SupportOf(
      const v1::Platform& platform) override {
    v1::PlatformSupport support;
    support.set_native(platform.architecture() == "amd64");
    if (support.native() || emulates) return support;
    return absl::FailedPreconditionError("it runs no arm64");
  }
  absl::StatusOr<v1::VerifiedImage> Run(const worker::StoredImage& image,
                                        const v1::VerifyImage& work) override {
    works.push_back(work);
    if (!failure.ok()) return failure;
    v1::VerifiedImage verified;
    verified.set_native(image.platform.architecture() == "amd64");
    verified.add_checks("GET /health");
    return verified;
  }
  absl::StatusOr<std::vector<worker::ProgramAnswer>> AskPrograms(
      const worker::StoredImage&,
      const std::vector<Program>& programs) override {
    std::vector<worker::ProgramAnswer> answers;
    for (const Program& program : programs) {
      asked.push_back(Concat(program.layer, " ", program.path));
      answers.push_back({.outcome = outcome,
                         .arguments = "--version",
                         .last_line = "v1.29.10"});
    }
    return answers;
  }
  void Stop() override {}

  bool emulates = true;
  absl::Status failure;
  worker::ProgramAnswer::Outcome outcome =
      worker::ProgramAnswer::Outcome::kAnswered;
  std::vector<v1::VerifyImage> works;
  std::vector<std::string> asked;
};

// A release that is in order, as a layout on disk, in which a test plants what
// is wrong.
class StaticCheckTest : public ::testing::Test {
 protected:
  StaticCheckTest() {
    AddFile(kKubectl, "amd64", EM_X86_64);
    AddFile(kKubectlArm64, "arm64", EM_AARCH64);
    AddPause();
    Tell();
  }

  // Adds a file to the release. Its texts are made by Tell.
  void AddFile(const std::string& path, const std::string& architecture,
               uint16_t machine) {
    const std::string content = Elf(machine);
    files_[Concat(site::kFilesDirectory, path)] = content;
    closure::IndexedFile& file = index_.files.emplace_back();
    file.path = path;
    file.verdict.set_name(Concat("https://", path));
    file.verdict.set_verdict(v1::ItemVerdict::UNSTATED);
    file.verdict.set_digest(Sha256Of(content).ToString());
    file.verdict.set_size(static_cast<int64_t>(content.size()));
    file.verdict.add_listed_architectures(architecture);
    file.verdict.add_architectures(architecture);
  }

  // Writes what tells of the release: offline.yml, index.json, SHA256SUMS.
  void Tell() {
    v1::Release release;
    for (const auto& file : index_.files) {
      release.add_files()->set_url(file.verdict.name());
    }
    for (const auto& image : index_.images) {
      release.add_images()->set_reference(image.verdict.name());
    }
    Text("offline.yml") = closure::OfflineYaml(release);
    Text("index.json") = closure::IndexJson(index_);
    Sum();
  }

  void Sum() {
    std::map<std::string, std::string> digests;
    for (const auto& [path, content] : files_) {
      const std::string below = path.substr(site::kFilesDirectory.size());
      if (below == "SHA256SUMS") continue;
      digests[below] = Sha256Of(content).ToString();
    }
    Text("SHA256SUMS") = closure::Sha256Sums(digests);
  }

  std::string& Text(const std::string& name) {
    return files_[Concat(site::kFilesDirectory, name)];
  }

  // A blob of the registry; returns it as a descriptor in JSON.
  std::string RegistryBlob(std::string_view type, const std::string& content,
                           const std::string& more = "") {
    images_[oci::BlobDataPath(Sha256Of(content))] = content;
    return Descriptor(type, content, more);
  }

  static std::string Descriptor(std::string_view type,
                                const std::string& content,
                                const std::string& more = "") {
    return Concat("{\"mediaType\":\"", type, "\",\"digest\":\"",
                  Sha256Of(content).ToString(), "\",\"size\":", content.size(),
                  more, "}");
  }

  static std::string PlatformJson(const std::string& architecture) {
    return Concat(",\"platform\":{\"os\":\"linux\",\"architecture\":\"",
                  architecture, "\"}");
  }

  void Link(const std::string& directory, const std::string& content) {
    const Digest digest = Sha256Of(content);
    images_[Concat(kRepositories, "k8s/pause/", directory, "/sha256/",
                   digest.hex(), "/link")] = digest.ToString();
  }

  // A platform manifest of pause; `config_for` is what its config says.
  std::string PauseFor(const std::string& architecture,
                       const std::string& config_for) {
    const std::string config =
        Concat("{\"os\":\"linux\",\"architecture\":\"", config_for,
               "\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"",
               Sha256Of("tar").ToString(), "\"]}}");
    const std::string layer = Concat("layer of pause for ", architecture);
    const std::string manifest =
        Concat("{\"schemaVersion\":2,\"mediaType\":\"", oci::kOciManifest,
               "\",\"config\":", RegistryBlob(oci::kOciConfig, config),
               ",\"layers\":[", RegistryBlob(oci::kOciLayerGzip, layer), "]}");
    Link("_layers", config);
    Link("_layers", layer);
    Link("_manifests/revisions", manifest);
    return RegistryBlob(oci::kOciManifest, manifest,
                        PlatformJson(architecture));
  }

  static std::string IndexOf(const std::vector<std::string>& entries) {
    return Concat("{\"schemaVersion\":2,\"mediaType\":\"", oci::kOciIndex,
                  "\",\"manifests\":[", absl::StrJoin(entries, ","), "]}");
  }

  // An index in an index of pause.
  std::string PauseIndex(const std::string& index) {
    Link("_manifests/revisions", index);
    return RegistryBlob(oci::kOciIndex, index);
  }

  void AddPause(const std::string& arm64_config = "arm64") {
    images_.clear();
    TagPause(
        IndexOf({PauseFor("amd64", "amd64"), PauseFor("arm64", arm64_config)}));
  }

  void TagPause(const std::string& index) {
    index_.images.clear();
    RegistryBlob(oci::kOciIndex, index);
    Link("_manifests/revisions", index);
    Link("_manifests/tags/3.9/index", index);
    pause_ = Sha256Of(index);
    images_[Concat(kRepositories,
                   "k8s/pause/_manifests/tags/3.9/current/link")] =
        pause_->ToString();
    closure::IndexedImage& image = index_.images.emplace_back();
    image.repository = "k8s/pause";
    image.tag = "3.9";
    image.platforms = {"linux/amd64", "linux/arm64"};
    image.verdict.set_name("registry.k8s.io/pause:3.9");
    image.verdict.set_verdict(v1::ItemVerdict::UNSTATED);
    image.verdict.set_digest(pause_->ToString());
  }

  // Puts a blob into the layout; returns it as a descriptor in JSON.
  std::string LayoutBlob(std::string_view type, const std::string& content,
                         const std::string& more = "") {
    const std::filesystem::path path =
        directory_.path() / oci::LayoutBlobPath(Sha256Of(content));
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return Descriptor(type, content, more);
  }

  // A finished image with `layers` of files, for both platforms but for those
  // that `layers_of_others` has.
  std::string Image(
      const std::string& name, const std::vector<Files>& layers,
      const std::map<std::string, std::vector<Files>>& layers_of_others = {}) {
    std::vector<std::string> manifests;
    for (const char* architecture : {"amd64", "arm64"}) {
      std::vector<std::string> blobs;
      std::vector<std::string> diff_ids;
      const auto others = layers_of_others.find(architecture);
      for (const Files& files :
           others == layers_of_others.end() ? layers : others->second) {
        std::vector<testing::TarEntry> entries;
        for (const auto& [path, content] : files) {
          entries.push_back(testing::File(path, content));
        }
        const std::string tar = testing::LayerBytes(entries).bytes();
        diff_ids.push_back(Concat(
            "\"", Sha256Of(damaged_tar_ ? "other" : tar).ToString(), "\""));
        blobs.push_back(LayoutBlob(
            oci::kOciLayerGzip,
            testing::LayerBytes(entries, archive_write_add_filter_gzip)
                .bytes()));
      }
      const std::string config =
          Concat("{\"os\":\"linux\",\"architecture\":\"", architecture,
                 "\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[",
                 absl::StrJoin(diff_ids, ","), "]}}");
      manifests.push_back(LayoutBlob(
          oci::kOciManifest,
          Concat("{\"schemaVersion\":2,\"mediaType\":\"", oci::kOciManifest,
                 "\",\"config\":", LayoutBlob(oci::kOciConfig, config),
                 ",\"layers\":[", absl::StrJoin(blobs, ","), "]}"),
          PlatformJson(architecture)));
    }
    return LayoutBlob(
        oci::kOciIndex,
        Concat("{\"schemaVersion\":2,\"mediaType\":\"", oci::kOciIndex,
               "\",\"manifests\":[", absl::StrJoin(manifests, ","), "]}"),
        Concat(",\"annotations\":{\"org.opencontainers.image.ref.name\":\"",
               name, "\"}"));
  }

  // Writes the layout and opens it.
  void Write() {
    Files hides = {{"opt/k8s/k8s/.wh.old.example.com", ""}};
    const Files below = {{"opt/k8s/k8s/old.example.com/tool", "dead"}};
    const std::string files =
        Image("kubespray-files:v1", {below, hides, files_}, layers_of_others_);
    const std::string images = Image("kubespray-images:v1-all", {images_});
    std::ofstream(directory_.path() / "oci-layout") << oci::kLayoutFile;
    std::ofstream(directory_.path() / "index.json")
        << "{\"schemaVersion\":2,\"manifests\":[" << files << "," << images
        << "]}";
    source_ = *OpenLayoutSource(directory_.path());
  }

  // All problems of both images.
  std::vector<std::string> Problems() {
    Write();
    checked_ = CheckStatically({source_.get()}, {.platforms = {},
                                                 .quick = false,
                                                 .look_inside = true,
                                                 .on_step = nullptr});
    std::vector<std::string> problems;
    for (const CheckedImage& image : checked_) {
      for (const PlatformReport& platform : image.report.platforms) {
        problems.insert(problems.end(), platform.problems.begin(),
                        platform.problems.end());
      }
      problems.insert(problems.end(), image.report.problems.begin(),
                      image.report.problems.end());
    }
    return problems;
  }
  std::string Trouble() { return absl::StrJoin(Problems(), "\n"); }

  testing::TempDirectory directory_;
  // By path in the image.
  Files files_;
  Files images_;
  // Of kubespray-files, by architecture, where they are not as those of all.
  std::map<std::string, std::vector<Files>> layers_of_others_;
  closure::ReleaseIndex index_;
  std::optional<Digest> pause_;
  bool damaged_tar_ = false;
  std::unique_ptr<ImageSource> source_;
  std::vector<CheckedImage> checked_;
};

TEST_F(StaticCheckTest, AReleaseInOrderHasNoProblem) {
  EXPECT_THAT(Problems(), IsEmpty());
  ASSERT_EQ(checked_.size(), 2u);
  EXPECT_THAT(checked_[0].report.checks,
              ElementsAre("4 files as SHA256SUMS says",
                          HasSubstr("2 items: 0 matched, 2 unstated"),
                          "the architecture of the programs in 2 files",
                          "offline.yml leads to 2 files and 1 image"));
  EXPECT_THAT(checked_[0].report.notes, IsEmpty());
  EXPECT_THAT(
      checked_[1].report.checks,
      ::testing::Contains("1 image as index.json of kubespray-files says"));
  EXPECT_THAT(ReportText("kubespray-files:v1", checked_[0].report, false),
              AllOf(HasSubstr("found: 4 files as SHA256SUMS says"),
                    HasSubstr("Everything is there, byte for byte.")));
}

TEST_F(StaticCheckTest, OneWrongByteIsNamed) {
  files_[Concat(site::kFilesDirectory, kKubectl)].back() = 'y';
  EXPECT_THAT(Trouble(),
              AllOf(HasSubstr(Concat("/k8s/", kKubectl, " is sha256:")),
                    HasSubstr("SHA256SUMS says"), HasSubstr("index.json says"),
                    Not(HasSubstr("arm64"))));
}

TEST_F(StaticCheckTest, OneWrongByteInTheRegistryIsNamedWithItsImage) {
  for (auto& [path, content] : images_) {
    if (content == "layer of pause for arm64") content.back() = '5';
  }
  EXPECT_THAT(Trouble(), AllOf(HasSubstr("k8s/pause:3.9 linux/arm64: sha256:"),
                               HasSubstr("has other bytes")));
}

TEST_F(StaticCheckTest, ASwappedArchitectureIsNamedThoughEveryHashIsRight) {
  index_.files.clear();
  AddFile(kKubectl, "amd64", EM_AARCH64);
  AddFile(kKubectlArm64, "arm64", EM_AARCH64);
  Tell();
  EXPECT_THAT(Trouble(),
              AllOf(HasSubstr(Concat("https://", kKubectl)),
                    HasSubstr("its programs are for arm64, and not for "
                              "amd64, as its URL says")));
}

TEST_F(StaticCheckTest, ASwappedArchitectureThatTheReleaseAllowsIsANote) {
  index_.files.clear();
  AddFile(kKubectl, "amd64", EM_AARCH64);
  AddFile(kKubectlArm64, "arm64", EM_AARCH64);
  index_.files[0].verdict.set_other_architecture(true);
  Tell();
  EXPECT_THAT(Problems(), IsEmpty());
  EXPECT_THAT(absl::StrJoin(checked_[0].report.notes, "\n"),
              HasSubstr("files.otherArchitecture"));
}

TEST_F(StaticCheckTest, AConfigForAnotherArchitectureIsNamed) {
  AddPause("amd64");
  Tell();
  EXPECT_THAT(Trouble(),
              HasSubstr("k8s/pause:3.9 linux/arm64: its config is for "
                        "linux/amd64, and its index says linux/arm64"));
}

TEST_F(StaticCheckTest, AConfigForAnotherArchitectureThatIsAllowedIsANote) {
  AddPause("amd64");
  index_.images[0].verdict.set_architecture_problem("its config is for amd64");
  Tell();
  EXPECT_THAT(Problems(), IsEmpty());
  EXPECT_THAT(absl::StrJoin(checked_[1].report.notes, "\n"),
              AllOf(HasSubstr("k8s/pause:3.9 linux/arm64: its config is for "
                              "linux/amd64, and its index says linux/arm64"),
                    HasSubstr("images.wrongArchitecture")));
}

TEST_F(StaticCheckTest, AllowingAnImageAllowsNoOtherOfItsName) {
  AddPause("amd64");
  closure::IndexedImage& image = index_.images[0];
  image.verdict.set_architecture_problem("its config is for amd64");
  image.verdict.set_digest(Sha256Of("another index").ToString());
  Tell();
  EXPECT_THAT(Trouble(), HasSubstr("k8s/pause:3.9 linux/arm64: its config is"));
}

TEST_F(StaticCheckTest, AMislabelledImageIsNamedWithoutItsReleasesList) {
  AddPause("amd64");
  Write();
  const std::string one = Image("kubespray-images:v1-all", {images_});
  std::ofstream(directory_.path() / "index.json")
      << "{\"schemaVersion\":2,\"manifests\":[" << one << "]}";
  source_ = *OpenLayoutSource(directory_.path());
  const auto checked = CheckStatically({source_.get()}, {.platforms = {},
                                                         .quick = false,
                                                         .look_inside = true,
                                                         .on_step = nullptr});
  ASSERT_EQ(checked.size(), 1u);
  EXPECT_THAT(checked[0].report.problems,
              ElementsAre(HasSubstr("k8s/pause:3.9 linux/arm64: its config")));
}

TEST_F(StaticCheckTest, AMissingUrlIsNamed) {
  files_.erase(Concat(site::kFilesDirectory, kKubectlArm64));
  EXPECT_THAT(Trouble(),
              AllOf(HasSubstr(Concat("https://", kKubectlArm64, " is missing")),
                    HasSubstr("SHA256SUMS names it")));
}

TEST_F(StaticCheckTest, AFileThatNobodyNamesIsNamed) {
  files_[Concat(site::kFilesDirectory, "example.com/extra")] = "extra";
  Sum();
  EXPECT_THAT(Trouble(),
              HasSubstr("/k8s/example.com/extra is there, and index.json"));
}

TEST_F(StaticCheckTest, AMissingImageIsNamed) {
  for (auto at = images_.begin(); at != images_.end();) {
    at = at->first.find("/tags/") == std::string::npos ? std::next(at)
                                                       : images_.erase(at);
  }
  EXPECT_THAT(Trouble(),
              HasSubstr("registry.k8s.io/pause:3.9 is missing: there "
                        "is no k8s/pause:3.9"));
}

TEST_F(StaticCheckTest, WhatIndexesInAnIndexListIsOfTheImage) {
  images_.clear();
  const std::string inner =
      IndexOf({PauseFor("amd64", "amd64"), PauseFor("arm64", "arm64")});
  // An index that is listed twice is one all the same.
  TagPause(IndexOf({PauseIndex(inner), PauseIndex(inner)}));
  Tell();
  EXPECT_EQ(Trouble(), "");
  FakeRunner runner;
  RunImages(runner, {.programs = false, .on_step = nullptr}, checked_);
  const v1::ExpectedImage& asked = runner.works.back().images().images(0);
  EXPECT_EQ(asked.top().digest(), pause_->ToString());
  EXPECT_EQ(asked.manifests_size(), 2);
  ASSERT_EQ(asked.indexes_size(), 1);
  EXPECT_EQ(asked.indexes(0).digest(), Sha256Of(inner).ToString());

  images_.erase(oci::BlobDataPath(Sha256Of("layer of pause for arm64")));
  EXPECT_THAT(Trouble(), HasSubstr("k8s/pause:3.9 linux/arm64: "));
  images_.erase(oci::BlobDataPath(Sha256Of(inner)));
  EXPECT_THAT(Trouble(),
              HasSubstr(Concat(Sha256Of(inner).ToString(), " is missing")));
}

TEST_F(StaticCheckTest, AMissingBlobOfAnImageIsNamed) {
  const Digest layer = Sha256Of("layer of pause for amd64");
  images_.erase(oci::BlobDataPath(layer));
  EXPECT_THAT(Trouble(), HasSubstr(Concat("k8s/pause:3.9 linux/amd64: ",
                                          layer.ToString(), " is missing")));
}

TEST_F(StaticCheckTest, ALinkThatLeadsElsewhereIsNamed) {
  images_[Concat(kRepositories, "k8s/pause/_manifests/tags/3.9/current/link")] =
      Sha256Of("nothing").ToString();
  EXPECT_THAT(Trouble(), HasSubstr("k8s/pause:3.9: there is no link to "));
}

TEST_F(StaticCheckTest, APlatformThatIsMissingIsNamed) {
  index_.images[0].platforms.push_back("linux/amd64");
  for (auto at = images_.begin(); at != images_.end();) {
    // The link to arm64's manifest.
    const bool is_manifest =
        at->second.find("\"layers\"") != std::string::npos &&
        at->second.find(Sha256Of("layer of pause for arm64").ToString()) !=
            std::string::npos;
    if (!is_manifest) {
      ++at;
      continue;
    }
    images_.erase(Concat(kRepositories,
                         "k8s/pause/_manifests/revisions/sha256/",
                         Sha256Of(at->second).hex(), "/link"));
    break;
  }
  EXPECT_THAT(Trouble(),
              HasSubstr("registry.k8s.io/pause:3.9 lacks linux/arm64"));
}

TEST_F(StaticCheckTest, AStaleOfflineYmlIsNamed) {
  std::string& offline = Text("offline.yml");
  offline = absl::StrReplaceAll(
      offline, {{"dl_k8s_io_url: \"{{ files_repo }}/dl.k8s.io\"",
                 "dl_k8s_io_url: \"{{ files_repo }}/dl.other.io\""}});
  Sum();
  EXPECT_THAT(Trouble(), AllOf(HasSubstr("/k8s/offline.yml: "),
                               HasSubstr(Concat("https://", kKubectl))));
}

TEST_F(StaticCheckTest, AnOfflineYmlOfAnotherReleaseIsNamed) {
  Text("offline.yml") +=
      "argocd_install_url: \"{{ files_repo }}/raw.githubusercontent.com/"
      "argoproj/argo-cd/v1/manifests/install.yaml\"\n"
      "local_path_provisioner_helper_image_repo: "
      "\"{{ registry_host }}/library/busybox\"\n";
  Sum();
  EXPECT_THAT(Trouble(),
              AllOf(HasSubstr("/k8s/offline.yml sets argocd_install_url to "),
                    HasSubstr("to k8s/library/busybox, which is missing")));
  EXPECT_THAT(absl::StrJoin(checked_[0].report.notes, "\n"),
              HasSubstr("is not what this ksoctl makes of index.json"));
}

TEST_F(StaticCheckTest, AnOfflineYmlThatLeadsOutOfTheFilesIsNamed) {
  std::string& offline = Text("offline.yml");
  const size_t line = offline.find("\nfiles_repo: ") + 1;
  ASSERT_NE(line, 0U);
  offline.replace(line, offline.find('\n', line) - line,
                  "files_repo: \"http://SERVER/\"");
  offline += "argocd_install_url: \"{{ files_repo }}/\"\n";
  Sum();
  EXPECT_THAT(Trouble(), HasSubstr("/k8s/offline.yml sets argocd_install_url "
                                   "to /, which is missing"));
}

// Each of these is in order by itself.
TEST_F(StaticCheckTest, APlatformThatServesOtherFilesIsNamed) {
  for (const char* architecture : {"amd64", "arm64"}) {
    for (const std::vector<Files>& layers :
         {std::vector<Files>(),
          {Files{{"etc/nginx/nginx.conf", "events {}"}}},
          {Files{{"opt/k8s/k8s/SHA256SUMS", ""}}}}) {
      layers_of_others_ = {{architecture, layers}};
      EXPECT_THAT(Trouble(), HasSubstr("it serves other files than the image "
                                       "for linux/"))
          << architecture;
      // None of it is run, and no program is looked for where it is not.
      FakeRunner runner;
      RunImages(runner, {.programs = true, .on_step = nullptr}, checked_);
      EXPECT_THAT(runner.asked, IsEmpty());
    }
  }
}

TEST_F(StaticCheckTest, ATextThatIsMissingIsNamed) {
  files_.erase(Concat(site::kFilesDirectory, "offline.yml"));
  EXPECT_THAT(Trouble(), HasSubstr("/k8s/offline.yml is missing"));
}

TEST_F(StaticCheckTest, ATarThatIsNotTheConfigsIsNamed) {
  damaged_tar_ = true;
  EXPECT_THAT(Trouble(), HasSubstr("layer sha256:"));
}

TEST_F(StaticCheckTest, AnImageByItselfSaysWhatWasNotLookedUp) {
  Write();
  const std::string one = Image("kubespray-files:v1", {files_});
  std::ofstream(directory_.path() / "index.json")
      << "{\"schemaVersion\":2,\"manifests\":[" << one << "]}";
  source_ = *OpenLayoutSource(directory_.path());
  const auto checked = CheckStatically({source_.get()}, {.platforms = {},
                                                         .quick = false,
                                                         .look_inside = true,
                                                         .on_step = nullptr});
  ASSERT_EQ(checked.size(), 1u);
  EXPECT_TRUE(checked[0].report.ok());
  EXPECT_THAT(
      checked[0].report.notes,
      ElementsAre(HasSubstr("images that it names were not looked up")));
}

TEST_F(StaticCheckTest, ImagesAreRunAndAskedForWhatIsInThem) {
  ASSERT_THAT(Problems(), IsEmpty());
  FakeRunner runner;
  RunImages(runner, {.programs = true, .on_step = nullptr}, checked_);
  ASSERT_EQ(runner.works.size(), 4u);
  const v1::VerifyImage& files = runner.works[0];
  EXPECT_EQ(files.files().files_size(), 5);
  EXPECT_EQ(files.files().urls_size(), 2);
  EXPECT_EQ(files.files().images(0).served(), "k8s/pause");
  const v1::VerifyImage& images = runner.works[2];
  ASSERT_EQ(images.images().images_size(), 1);
  EXPECT_EQ(images.images().images(0).top().digest(), pause_->ToString());
  EXPECT_EQ(images.images().images(0).manifests_size(), 2);
  EXPECT_THAT(runner.asked,
              ElementsAre(Concat("2 opt/k8s/k8s/", kKubectl),
                          Concat("2 opt/k8s/k8s/", kKubectlArm64)));
  const std::string text =
      ReportText("kubespray-files:v1", checked_[0].report, false);
  EXPECT_THAT(text, AllOf(HasSubstr("ran natively: GET /health"),
                          HasSubstr("ran emulated: GET /health"),
                          HasSubstr("answered  natively"),
                          HasSubstr("answered  emulated"),
                          HasSubstr("--version  v1.29.10")));
  const auto json = ReportJson("kubespray-files:v1", checked_[0].report);
  EXPECT_EQ(json["platforms"][1]["native"], false);
  EXPECT_EQ(json["programs"][0]["outcome"], "answered");
}

TEST_F(StaticCheckTest, ABrokenProgramFailsAndASilentOneDoesNot) {
  ASSERT_THAT(Problems(), IsEmpty());
  FakeRunner runner;
  runner.outcome = worker::ProgramAnswer::Outcome::kNoAnswer;
  RunImages(runner, {.programs = true, .on_step = nullptr}, checked_);
  EXPECT_TRUE(checked_[0].report.ok());
  runner.outcome = worker::ProgramAnswer::Outcome::kBroken;
  checked_[0].report.programs.clear();
  RunImages(runner, {.programs = true, .on_step = nullptr}, checked_);
  EXPECT_FALSE(checked_[0].report.ok());
  EXPECT_THAT(absl::StrJoin(checked_[0].report.problems, "\n"),
              HasSubstr(Concat("/k8s/", kKubectl, " does not run")));
}

TEST_F(StaticCheckTest, WhatDoesNotServeFailsAndWhatCannotBeRunIsSaid) {
  ASSERT_THAT(Problems(), IsEmpty());
  FakeRunner runner;
  runner.emulates = false;
  runner.failure = absl::DataLossError("GET /k8s/x gives other bytes");
  RunImages(runner, {.programs = false, .on_step = nullptr}, checked_);
  EXPECT_THAT(checked_[0].report.platforms[0].problems,
              ElementsAre("it was run natively: GET /k8s/x gives other bytes"));
  EXPECT_THAT(checked_[0].report.platforms[1].problems, IsEmpty());
  EXPECT_EQ(checked_[0].report.platforms[1].not_run, "it runs no arm64");
}

TEST_F(StaticCheckTest, WhatIsWrongAlreadyIsNotRun) {
  files_.erase(Concat(site::kFilesDirectory, "index.json"));
  ASSERT_THAT(Problems(), Not(IsEmpty()));
  FakeRunner runner;
  RunImages(runner, {.programs = true, .on_step = nullptr}, checked_);
  for (const v1::VerifyImage& work : runner.works) {
    EXPECT_TRUE(work.has_images());
  }
  EXPECT_THAT(runner.asked, IsEmpty());
  EXPECT_THAT(checked_[0].report.platforms[0].not_run, Not(IsEmpty()));
}

}  // namespace
}  // namespace kso::cli
