// SPDX-License-Identifier: Apache-2.0
// Good and bad releases, each as a user writes it and as a client may send it.
// ksoctl and the coordinator must say the same of them.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/release_file/release_on_disk.h"
#include "coordinator/core/plan/release_failures.h"
#include "gtest/gtest.h"

namespace kso::testing {
namespace {

struct Mirror {
  std::string prefix;
  std::string location;
  bool insecure = false;
};

// A release as its author thinks of it.
struct Wish {
  std::string name = "v0.1.0-2.25.1";
  std::vector<std::string> platforms = {"linux/amd64"};
  std::string files_base = "docker.io/library/nginx:1.25.2-alpine";
  // "URL [DIGEST]".
  std::vector<std::string> files = {"https://dl.k8s.io/v1/kubelet"};
  std::string images_base = "docker.io/library/registry:3";
  std::vector<std::string> images = {"registry.k8s.io/pause:3.9"};
  std::vector<std::string> may_lack_platforms;
  std::string destination = "docker://registry.example.com/team";
  bool insecure = false;
  std::vector<Mirror> mirrors;
  std::string layer_type;
};

std::string Quoted(const std::string& text) { return "\"" + text + "\""; }

// The lines of release.yaml have fixed numbers, so that a row can name them.
std::string Yaml(const Wish& wish) {
  std::vector<std::string> platforms;
  for (const std::string& text : wish.platforms) {
    platforms.push_back(Quoted(text));
  }
  std::vector<std::string> allow;
  for (const std::string& text : wish.may_lack_platforms) {
    allow.push_back(Quoted(text));
  }
  std::vector<std::string> lines = {
      "apiVersion: kso/v1",
      "kind: Release",
      "name: " + Quoted(wish.name),
      absl::StrCat("platforms: [", absl::StrJoin(platforms, ", "), "]"),
      "destination: " + Quoted(wish.destination),
      absl::StrCat("destinationInsecure: ", wish.insecure ? "true" : "false"),
      "files:",
      "  base: " + Quoted(wish.files_base),
      "  lists: {amd64: amd64.list}",
      "images:",
      "  base: " + Quoted(wish.images_base),
      "  list: images.list",
      absl::StrCat("  missingPlatform: {allow: [", absl::StrJoin(allow, ", "),
                   "]}")};
  if (!wish.layer_type.empty()) {
    lines.push_back("layers: {mediaType: " + Quoted(wish.layer_type) + "}");
  }
  if (!wish.mirrors.empty()) lines.push_back("mirrors:");
  for (const Mirror& mirror : wish.mirrors) {
    lines.push_back(
        absl::StrCat("  - {prefix: ", Quoted(mirror.prefix),
                     ", location: ", Quoted(mirror.location),
                     ", insecure: ", mirror.insecure ? "true" : "false", "}"));
  }
  return absl::StrJoin(lines, "\n") + "\n";
}

// The message that a client may send without ksoctl's reader.
v1::Release Message(const Wish& wish) {
  v1::Release release;
  release.set_name(wish.name);
  for (const std::string& text : wish.platforms) {
    const std::vector<std::string> parts = absl::StrSplit(text, '/');
    v1::Platform& platform = *release.add_platforms();
    platform.set_os(parts[0]);
    if (parts.size() > 1) platform.set_architecture(parts[1]);
    if (parts.size() > 2) platform.set_variant(parts[2]);
  }
  release.set_files_base(wish.files_base);
  for (const std::string& line : wish.files) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    v1::FileRequest& file = *release.add_files();
    file.set_url(words[0]);
    if (words.size() > 1) file.set_digest(words[1]);
    file.set_location(absl::StrCat("amd64.list:", release.files_size()));
  }
  release.set_images_base(wish.images_base);
  for (const std::string& line : wish.images) {
    v1::ImageRequest& image = *release.add_images();
    image.set_reference(line);
    image.set_location(absl::StrCat("images.list:", release.images_size()));
  }
  for (const std::string& pattern : wish.may_lack_platforms) {
    release.mutable_missing_platform()->add_allow(pattern);
  }
  const std::vector<std::string> destination =
      absl::StrSplit(wish.destination, absl::MaxSplits(':', 1));
  v1::Destination& to = *release.mutable_destination();
  to.set_kind(destination[0] == "docker" ? v1::Destination::REGISTRY
              : destination[0] == "oci"  ? v1::Destination::OCI_LAYOUT
                                         : v1::Destination::OCI_ARCHIVE);
  to.set_location(destination[1].substr(destination[0] == "docker" ? 2 : 0));
  to.set_insecure(wish.insecure);
  for (const Mirror& mirror : wish.mirrors) {
    v1::Mirror& added = *release.add_mirrors();
    added.set_prefix(mirror.prefix);
    added.set_location(mirror.location);
    added.set_insecure(mirror.insecure);
  }
  release.set_layer_media_type(wish.layer_type);
  return release;
}

// One of the two sides' view: what is wrong with each item, one a line.
std::string KsoctlSays(const Wish& wish) {
  std::string pattern = ::testing::TempDir() + "wishXXXXXX";
  const std::filesystem::path directory = mkdtemp(pattern.data());
  const auto write = [&](const char* name, const std::string& content) {
    std::ofstream(directory / name, std::ios::binary) << content;
  };
  write("release.yaml", Yaml(wish));
  write("amd64.list", absl::StrJoin(wish.files, "\n"));
  write("images.list", absl::StrJoin(wish.images, "\n"));
  const auto release = release_file::ReadRelease(directory / "release.yaml");
  std::filesystem::remove_all(directory);
  if (release.ok()) {
    EXPECT_TRUE(coordinator::ReleaseFailures(*release).empty())
        << "the coordinator refuses what ksoctl sends";
    return "";
  }
  EXPECT_TRUE(absl::IsInvalidArgument(release.status()));
  std::string problems;
  const std::vector<std::string> lines =
      absl::StrSplit(release.status().message(), '\n');
  for (std::string line : lines) {
    const std::string prefix = directory.string() + "/";
    for (size_t at; (at = line.find(prefix)) != std::string::npos;) {
      line.erase(at, prefix.size());
    }
    problems += line + "\n";
  }
  return problems;
}

struct Row {
  const char* what;
  std::function<void(Wish&)> change;
  // "FILE:LINE" where ksoctl puts it; empty for a good release.
  std::string place;
};

const std::string kZeros = "sha256:" + std::string(64, '0');
const std::string kOnes = "sha256:" + std::string(64, '1');

std::vector<Row> Rows() {
  const auto name = [](std::string text) {
    return [text](Wish& wish) { wish.name = text; };
  };
  const auto platforms = [](std::vector<std::string> texts) {
    return [texts](Wish& wish) { wish.platforms = texts; };
  };
  const auto files = [](std::vector<std::string> lines) {
    return [lines](Wish& wish) { wish.files = lines; };
  };
  const auto images = [](std::vector<std::string> lines) {
    return [lines](Wish& wish) { wish.images = lines; };
  };
  const auto mirrors = [](std::vector<Mirror> list) {
    return [list](Wish& wish) { wish.mirrors = list; };
  };
  const auto to = [](std::string text) {
    return [text](Wish& wish) { wish.destination = text; };
  };
  const auto layers = [](std::string text) {
    return [text](Wish& wish) { wish.layer_type = text; };
  };
  const std::string digest = "@" + kZeros;
  return {
      {"the example", [](Wish&) {}, ""},

      {"a name of 123 characters", name(std::string(123, 'a')), ""},
      {"a name of 124", name(std::string(124, 'a')), "release.yaml:3"},
      {"a name that begins with '_'", name("_1"), ""},
      {"one that begins with '.'", name(".1"), "release.yaml:3"},
      {"one that begins with '-'", name("-1"), "release.yaml:3"},
      {"a name with a slash", name("a/b"), "release.yaml:3"},
      {"a name with a space", name("a b"), "release.yaml:3"},
      {"a name beyond ASCII", name("\xc3\xa9"), "release.yaml:3"},
      {"the newest release's tag", name("latest"), "release.yaml:3"},
      {"its other tag", name("latest-all"), "release.yaml:3"},
      {"a name that begins like it", name("latest-1"), ""},

      {"a variant", platforms({"linux/amd64/v2"}), ""},
      {"Windows", platforms({"linux/amd64", "windows/amd64"}),
       "release.yaml:4"},
      {"a platform twice", platforms({"linux/amd64", "linux/amd64"}),
       "release.yaml:4"},
      {"no platform", platforms({}), "release.yaml:4"},

      {"no base", [](Wish& wish) { wish.files_base = "UPPER:1"; },
       "release.yaml:8"},
      {"another one", [](Wish& wish) { wish.images_base = "https://a/b:1"; },
       "release.yaml:11"},

      {"an escaped plus", files({"https://host/v1%2Bk3s1"}), ""},
      {"an escaped slash", files({"https://host/a%2fb"}), "amd64.list:1"},
      {"an escaped slash in capitals", files({"https://host/a%2Fb"}),
       "amd64.list:1"},
      {"escaped dots", files({"https://host/%2e%2e/b"}), "amd64.list:1"},
      {"an escaped zero byte", files({"https://host/a%00"}), "amd64.list:1"},
      {"an escape without digits", files({"https://host/a%zz"}),
       "amd64.list:1"},
      {"a whiteout", files({"https://host/.wh.a"}), "amd64.list:1"},
      {"an escaped whiteout", files({"https://host/%2ewh.a"}), "amd64.list:1"},
      {"a name of 255 bytes", files({"https://host/" + std::string(255, 'a')}),
       ""},
      {"a name of 256", files({"https://host/" + std::string(256, 'a')}),
       "amd64.list:1"},
      {"another scheme", files({"ftp://host/a"}), "amd64.list:1"},
      {"no scheme", files({"host/a"}), "amd64.list:1"},
      {"a query", files({"https://host/a?b=c"}), "amd64.list:1"},
      {"a fragment", files({"https://host/a%23#b"}), "amd64.list:1"},
      {"a login", files({"https://user:secret@host/a"}), "amd64.list:1"},
      {"a directory", files({"https://host/a/"}), "amd64.list:1"},
      {"a host alone", files({"https://host"}), "amd64.list:1"},
      {"no host", files({"https:///a"}), "amd64.list:1"},
      {"an empty part", files({"https://host//a"}), "amd64.list:1"},
      {"a part '..'", files({"https://host/../a"}), "amd64.list:1"},
      {"a host and a port", files({"http://host:8080/a"}), ""},

      {"digests", files({"https://host/a " + kZeros}), ""},
      {"a digest that is none", files({"https://host/a sha256:12"}),
       "amd64.list:1"},
      {"a bare hash", files({"https://host/a " + std::string(64, 'a')}),
       "amd64.list:1"},
      {"a URL twice",
       files({"https://host/a", "https://host/a " + kZeros, "https://host/a"}),
       ""},
      {"two digests of a URL",
       files({"https://host/a " + kZeros, "https://host/a",
              "https://host/a " + kOnes}),
       "amd64.list:3"},
      {"two kinds of digests of a URL",
       files({"https://host/a " + kZeros,
              "https://host/a sha512:" + std::string(128, '1')}),
       ""},
      {"two schemes of a file", files({"https://host/a", "http://host/a"}),
       "amd64.list:2"},
      {"two spellings of a file",
       files({"https://host/a+", "https://host/a%2B"}), "amd64.list:2"},
      {"a file below a file", files({"https://host/a/b/c", "https://host/a"}),
       "amd64.list:1"},
      {"a file beside a file", files({"https://host/a", "https://host/a-b"}),
       ""},

      {"a digest alone", images({"quay.io/a/b" + digest}), ""},
      {"a digest of two hosts",
       images({"quay.io/a/b" + digest, "docker.io/a/b" + digest}), ""},
      {"a tag of two hosts", images({"quay.io/a/b:1", "docker.io/a/b:1"}), ""},
      {"a tag with and without digest",
       images({"quay.io/a/b:1", "quay.io/a/b:1" + digest}), ""},
      {"a tag of two digests",
       images({"quay.io/a/b:1", "quay.io/a/b:1" + digest,
               "quay.io/a/b:1@" + kOnes}),
       "images.list:3"},
      {"a tag of two digests and hosts",
       images({"quay.io/a/b:1" + digest, "docker.io/a/b:1@" + kOnes}),
       "images.list:2"},
      {"two tags of two hosts", images({"quay.io/a/b:1", "docker.io/a/b:2"}),
       ""},
      {"an image twice", images({"quay.io/a/b:1", "quay.io/a/b:1"}), ""},
      {"an image by two names",
       images({"nginx", "docker.io/library/nginx:latest"}), ""},
      {"capitals", images({"quay.io/A/b:1"}), "images.list:1"},
      {"an image with a scheme", images({"https://quay.io/a/b:1"}),
       "images.list:1"},
      {"an empty tag", images({"quay.io/a/b:"}), "images.list:1"},
      {"a pattern",
       [](Wish& wish) { wish.may_lack_platforms = {"docker.io/amazon/*"}; },
       ""},
      {"a pattern that can match nothing",
       [](Wish& wish) { wish.may_lack_platforms = {"docker.io/a b"}; },
       "release.yaml:13"},

      {"a directory for a destination", to("oci:/out"), ""},
      {"an archive for a destination", to("oci-archive:/out.tar"), ""},
      {"a destination without a host", to("docker://team"), "release.yaml:5"},
      {"a destination with a tag", to("docker://host:1/team:1"),
       "release.yaml:5"},
      {"a destination in capitals", to("docker://host:1/Team"),
       "release.yaml:5"},
      {"a registry without TLS", [](Wish& wish) { wish.insecure = true; }, ""},
      {"a directory without TLS",
       [](Wish& wish) {
         wish.destination = "oci:/out";
         wish.insecure = true;
       },
       "release.yaml:6"},

      {"layers in zstd", layers("application/vnd.oci.image.layer.v1.tar+zstd"),
       ""},
      {"layers in Docker's type",
       layers("application/vnd.docker.image.rootfs.diff.tar.gzip"),
       "release.yaml:14"},
      {"layers in zip", layers("application/zip"), "release.yaml:14"},

      {"mirrors",
       mirrors({{"https://dl.k8s.io/", "http://mirror:8080/dl.k8s.io/"},
                {"docker.io/", "mirror:5000/docker.io/", true}}),
       ""},
      {"a prefix that is none", mirrors({{"ftp://a/", "http://b/"}}),
       "release.yaml:15"},
      {"a location of another kind", mirrors({{"docker.io/", "http://b/"}}),
       "release.yaml:15"},
      {"a location of the other kind", mirrors({{"https://a/", "b/"}}),
       "release.yaml:15"},
      {"a mirror with a login", mirrors({{"https://a/", "https://u:p@b/"}}),
       "release.yaml:15"},
      {"a mirror of images with a login", mirrors({{"docker.io/", "u:p@b/"}}),
       "release.yaml:15"},
      {"a mirror with a query",
       mirrors({{"https://a/", "https://b/?token=c/"}}), "release.yaml:15"},
      {"a prefix with a query", mirrors({{"https://a/?b/", "https://b/"}}),
       "release.yaml:15"},
      {"one slash", mirrors({{"https://a/", "https://b"}}), "release.yaml:15"},
      {"a mirror twice",
       mirrors({{"https://a/", "https://b/"}, {"https://a/", "https://c/"}}),
       "release.yaml:16"},
      {"a mirror of files without TLS",
       mirrors({{"https://a/", "https://b/", true}}), "release.yaml:15"},
  };
}

TEST(JudgedAlikeTest, KsoctlAndTheCoordinatorSayTheSameOfEachRelease) {
  for (const Row& row : Rows()) {
    SCOPED_TRACE(row.what);
    Wish wish;
    row.change(wish);
    const std::string said = KsoctlSays(wish);
    if (row.place.empty()) {
      EXPECT_EQ(said, "");
    } else {
      EXPECT_TRUE(absl::StrContains("\n" + said, "\n" + row.place + ": "))
          << said;
    }
    const std::vector<v1::Failure> failures =
        coordinator::ReleaseFailures(Message(wish));
    EXPECT_EQ(failures.empty(), row.place.empty());
    for (const v1::Failure& failure : failures) {
      EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
      EXPECT_FALSE(failure.advice().empty());
      EXPECT_TRUE(absl::StrContains(said, failure.reason()))
          << "only the coordinator says of " << failure.item() << " that it "
          << failure.reason() << "; ksoctl says: " << said;
      EXPECT_TRUE(failure.location().empty() || failure.location() == row.place)
          << failure.location();
    }
  }
}

TEST(JudgedAlikeTest, NobodyRepeatsTheSecretsOfMirrors) {
  for (const char* location :
       {"https://user:s3cret@mirror/", "https://mirror/get?token=s3cret&p=/"}) {
    Wish wish;
    wish.mirrors = {{"https://a/", location}};
    EXPECT_FALSE(absl::StrContains(KsoctlSays(wish), "s3cret"));
    for (const v1::Failure& failure :
         coordinator::ReleaseFailures(Message(wish))) {
      EXPECT_FALSE(absl::StrContains(failure.reason(), "s3cret"));
    }
  }
}

}  // namespace
}  // namespace kso::testing
