// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/release_file/release_on_disk.h"
#include "common/text/printable_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso::release_file {
namespace {

constexpr char kDigest[] =
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

constexpr char kGood[] = R"(apiVersion: kso/v1
kind: Release
name: v0.1.0-2.25.1
platforms: [linux/amd64, linux/arm64]
files:
  base: docker.io/library/nginx:1.25.2-alpine
  lists: {amd64: amd64.list, arm64: arm64.list}
images:
  base: docker.io/library/registry:3
  list: images.list
  missingPlatform: {default: fail, allow: ["docker.io/amazon/*"]}
destination: docker://registry.example.com/team
mirrors:
  - {prefix: "https://dl.k8s.io/", location: "http://mirror.example.com/k8s/"}
  - {prefix: "docker.io/", location: "mirror:5000/docker.io/", insecure: true}
)";

class ReleaseReaderTest : public ::testing::Test {
 protected:
  ReleaseReaderTest() {
    Write("release.yaml", kGood);
    Write("amd64.list", "https://example.com/amd64/kubelet\n");
    Write("arm64.list", "https://example.com/arm64/kubelet\n");
    Write("images.list", "registry.k8s.io/pause:3.9\n");
  }

  void Write(const std::string& name, const std::string& content) {
    std::ofstream(directory_ + "/" + name, std::ios::binary) << content;
  }

  absl::StatusOr<v1::Release> Read() {
    return ReadRelease(directory_ + "/release.yaml");
  }

  // The problems of the release, with paths relative to it.
  std::string Problems() {
    const auto release = Read();
    if (release.ok()) return "";
    EXPECT_TRUE(absl::IsInvalidArgument(release.status()));
    return absl::StrReplaceAll(release.status().message(),
                               {{directory_ + "/", ""}});
  }

  const kso::testing::TempDirectory temp_;
  const std::string directory_ = temp_.string();
};

TEST_F(ReleaseReaderTest, ReadsAWholeRelease) {
  const auto release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  EXPECT_EQ(release->name(), "v0.1.0-2.25.1");
  ASSERT_EQ(release->platforms_size(), 2);
  EXPECT_EQ(release->platforms(1).architecture(), "arm64");
  EXPECT_EQ(release->files_base(), "docker.io/library/nginx:1.25.2-alpine");
  ASSERT_EQ(release->files_size(), 2);
  EXPECT_EQ(release->files(1).url(), "https://example.com/arm64/kubelet");
  EXPECT_EQ(release->files(1).location(), "arm64.list:1");
  EXPECT_EQ(release->images(0).reference(), "registry.k8s.io/pause:3.9");
  EXPECT_EQ(release->images(0).location(), "images.list:1");
  EXPECT_FALSE(release->missing_platform().allow_by_default());
  EXPECT_EQ(release->missing_platform().allow(0), "docker.io/amazon/*");
  EXPECT_EQ(release->destination().kind(), v1::Destination::REGISTRY);
  EXPECT_FALSE(release->destination().insecure());
  EXPECT_FALSE(release->no_latest());
  EXPECT_FALSE(release->cross_check());
  EXPECT_TRUE(release->mirrors(1).insecure());
}

TEST_F(ReleaseReaderTest, LeavesOutWhatItSaysAndTellsSo) {
  Write("images.list",
        "quay.io/external_storage/rbd-provisioner:v2.1.1-k8s1.11\n"
        "registry.k8s.io/pause:3.9\n"
        "coredns/coredns:1.6\n");
  const auto leave_out = [this](const std::string& patterns) {
    Write("release.yaml",
          absl::StrReplaceAll(
              kGood, {{"  missingPlatform",
                       "  leaveOut: [" + patterns + "]\n  missingPlatform"}}));
  };
  leave_out(R"("quay.io/external_storage/*", "coredns/coredns")");
  const auto release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  ASSERT_EQ(release->images_size(), 1);
  EXPECT_EQ(release->images(0).reference(), "registry.k8s.io/pause:3.9");
  EXPECT_THAT(
      release->notes(),
      ::testing::ElementsAre(
          "quay.io/external_storage/rbd-provisioner:v2.1.1-k8s1.11 "
          "(images.list:1) is left out, as images.leaveOut says",
          "docker.io/coredns/coredns:1.6 (images.list:3) is left out, as "
          "images.leaveOut says"));

  leave_out(R"("quay.io/external_storage/*", "quay.io/typo/*")");
  EXPECT_THAT(Problems(),
              ::testing::HasSubstr("release.yaml:11: 'images.leaveOut': "
                                   "'quay.io/typo/*' matches no image"));
}

TEST_F(ReleaseReaderTest, KeepsTheHostsOfImagesThatItNames) {
  Write("images.list",
        "quay.io/coreos/etcd:v3\ngcr.io/coreos/etcd:v3\n"
        "registry.k8s.io/pause:3.9\n");
  const auto keep_host = [this](const std::string& patterns) {
    Write("release.yaml",
          absl::StrReplaceAll(
              kGood, {{"  missingPlatform",
                       "  keepHost: [" + patterns + "]\n  missingPlatform"}}));
  };
  keep_host("quay.io/coreos/etcd");
  const auto release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  ASSERT_EQ(release->images_size(), 3);
  EXPECT_TRUE(release->images(0).keep_host());
  EXPECT_FALSE(release->images(1).keep_host());
  keep_host("quay.io/coreos/etcd, quay.io/typo");
  EXPECT_THAT(Problems(), ::testing::HasSubstr("'quay.io/typo' matches no"));
  Write("images.list", "[::1]:5000/coreos/etcd:v3\n");
  keep_host("\"*/coreos/etcd\"");
  EXPECT_THAT(Problems(),
              ::testing::HasSubstr("images.list:1: '[::1]:5000/coreos/etcd:v3' "
                                   "would be k8s/[--1]-5000/coreos/etcd"));
}

TEST_F(ReleaseReaderTest, MergesTheSameUrlOfSeveralLists) {
  Write("amd64.list", std::string("\xEF\xBB\xBF# shared\r\n\r\n"
                                  "  https://example.com/both  \r\n") +
                          "https://example.com/amd64\n");
  Write("arm64.list",
        std::string("https://example.com/both ") + kDigest + "\n");
  const auto release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  ASSERT_EQ(release->files_size(), 2);
  const v1::FileRequest& both = release->files(0);
  EXPECT_EQ(both.url(), "https://example.com/both");
  EXPECT_EQ(both.digest(), kDigest);
  EXPECT_EQ(both.location(), "amd64.list:3");
  EXPECT_THAT(both.architectures(), ::testing::ElementsAre("amd64", "arm64"));
}

TEST_F(ReleaseReaderTest, TakesDigestsFromChecksumFiles) {
  const std::string hex = std::string(kDigest).substr(7);
  Write("sums", hex + "  https://example.com/amd64/kubelet\n" + hex +
                    " *https://example.com/in-no-list\n");
  Write("release.yaml",
        absl::StrReplaceAll(kGood,
                            {{"images:\n", "  checksums: [sums]\nimages:\n"}}));
  const auto release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  ASSERT_EQ(release->files_size(), 2);
  EXPECT_EQ(release->files(0).digest(), kDigest);
  EXPECT_EQ(release->files(1).digest(), "");
  EXPECT_THAT(release->notes(),
              ::testing::ElementsAre("sums:2: 'https://example.com/in-no-list' "
                                     "is in no list, and its checksum proves "
                                     "nothing"));
}

TEST_F(ReleaseReaderTest, ReadsChecksumsAsToolsWriteThem) {
  const std::string hex = std::string(kDigest).substr(7);
  Write("amd64.list",
        "https://example.com/amd64/kubelet\nhttps://example.com/amd64/runc\n");
  Write("release.yaml",
        absl::StrReplaceAll(kGood,
                            {{"images:\n", "  checksums: [sums]\nimages:\n"}}));
  for (const std::string& line :
       {hex + "  https://example.com/amd64/runc",
        hex + "  http://example.com/amd64/runc", hex + " *runc", hex + "  runc",
        hex + "  ./runc", hex + "  amd64/runc", hex + "  ./amd64/runc",
        hex + "  example.com/amd64/runc", absl::AsciiStrToUpper(hex) + "  runc",
        "SHA256 (runc) = " + hex, "SHA256(./runc)= " + hex,
        "SHA2-256(amd64/runc)= " + hex}) {
    Write("sums", line + "\n");
    const auto release = Read();
    ASSERT_TRUE(release.ok()) << line << release.status();
    EXPECT_EQ(release->files(1).digest(), kDigest) << line;
    EXPECT_THAT(release->notes(), ::testing::IsEmpty()) << line;
  }
  for (const std::string& line :
       {hex, hex + "  -", hex + "  ", std::string("runc"),
        "SHA512 (runc) = " + hex, "MD5 (runc) = " + hex.substr(32),
        hex.substr(1) + "  runc"}) {
    Write("sums", line + "\n");
    EXPECT_THAT(Problems(), ::testing::HasSubstr("sums:1: this")) << line;
  }
  Write("sums", "\n" + hex + "  kubelet\n");
  EXPECT_EQ(Problems(),
            "sums:2: 'kubelet' may be 'https://example.com/amd64/kubelet' or "
            "'https://example.com/arm64/kubelet'; write the URL in place of "
            "the name");
}

TEST_F(ReleaseReaderTest, TellsOfChecksumsInNoList) {
  const std::string hex = std::string(kDigest).substr(7);
  std::string sums;
  for (int i = 0; i < 9; ++i) {
    absl::StrAppend(&sums, hex, "  other", i, "\n");
  }
  Write("sums", sums);
  Write("release.yaml",
        absl::StrReplaceAll(kGood,
                            {{"images:\n", "  checksums: [sums]\nimages:\n"}}));
  const auto release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  ASSERT_EQ(release->notes_size(), 6);
  EXPECT_EQ(release->notes(4),
            "sums:5: 'other4' is in no list, and its "
            "checksum proves nothing");
  EXPECT_EQ(release->notes(5), "4 more lines of sums are in no list");
}

TEST_F(ReleaseReaderTest, ShowsNoLoginOfAUrl) {
  Write("amd64.list", "https://me:hunter2@example.com/amd64/kubelet?token=t\n");
  EXPECT_THAT(Problems(),
              ::testing::AllOf(::testing::HasSubstr("amd64.list:1: 'https://"
                                                    "example.com/amd64/kubelet'"
                                                    " has a user name"),
                               ::testing::Not(::testing::HasSubstr("hunter2")),
                               ::testing::Not(::testing::HasSubstr("token"))));
}

TEST_F(ReleaseReaderTest, ANoteIsTextWhateverAListSays) {
  const std::string hex = std::string(kDigest).substr(7);
  Write("sums", hex + "  caf\xe9\n");
  Write("release.yaml",
        absl::StrReplaceAll(kGood,
                            {{"images:\n", "  checksums: [sums]\nimages:\n"}}));
  const auto release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  v1::Release read;
  EXPECT_TRUE(read.ParseFromString(release->SerializeAsString()));
  EXPECT_EQ(read.notes_size(), 1);
}

TEST_F(ReleaseReaderTest, TellsOfUrlsOfAnotherArchitecture) {
  Write("arm64.list",
        "https://example.com/arm64/kubelet\n"
        "https://example.com/kata-static-3.1.3-x86_64.tar.xz\n"
        "https://example.com/anything\n");
  auto release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  EXPECT_EQ(release->files_size(), 4);
  EXPECT_THAT(
      release->notes(),
      ::testing::ElementsAre(
          "arm64.list:2: https://example.com/kata-static-3.1.3-x86_64.tar.xz "
          "says x86_64, in the list of arm64; correct it, or say "
          "files.otherArchitecture where it is meant"));

  const auto meant = [this](const std::string& patterns) {
    Write("release.yaml",
          absl::StrReplaceAll(
              kGood, {{"images:\n",
                       "  otherArchitecture: [" + patterns + "]\nimages:\n"}}));
  };
  meant("\"*/kata-static-*\"");
  release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  EXPECT_THAT(release->notes(), ::testing::IsEmpty());
  // The content of a file may be of another architecture where its URL says
  // nothing.
  meant("\"*/kata-static-*\", \"*/anything\"");
  release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  EXPECT_THAT(release->other_architecture(),
              ::testing::ElementsAre("*/kata-static-*", "*/anything"));
  meant("\"*/kata-static-*\", \"*/nothing\"");
  EXPECT_THAT(Problems(),
              ::testing::HasSubstr("release.yaml:8: 'files.otherArchitecture': "
                                   "'*/nothing' matches no URL"));
}

TEST_F(ReleaseReaderTest, ReadsTheRulesAboutContent) {
  const auto with = [this](const std::string& keys) {
    Write("release.yaml",
          absl::StrReplaceAll(kGood, {{"images:\n", keys + "images:\n"}}));
  };
  auto release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  EXPECT_FALSE(release->require_hashes());
  EXPECT_FALSE(release->warn_of_wrong_architecture());
  EXPECT_EQ(release->waivers_size(), 0);

  with(
      "  requireHashes: true\n  wrongArchitecture: warn\n"
      "  waive:\n"
      "    - https://example.com/amd64/*\n"
      "    - {url: \"https://example.com/arm64/kubelet\", reason: rebuilt}\n");
  release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  EXPECT_TRUE(release->require_hashes());
  EXPECT_TRUE(release->warn_of_wrong_architecture());
  ASSERT_EQ(release->waivers_size(), 2);
  EXPECT_EQ(release->waivers(0).url(), "https://example.com/amd64/*");
  EXPECT_EQ(release->waivers(1).reason(), "rebuilt");

  with("  requireHashes: true\n");
  EXPECT_THAT(Problems(),
              ::testing::HasSubstr("amd64.list:1: 'https://example.com/amd64/"
                                   "kubelet' has no checksum"));
  with("  waive: [\"https://example.com/other\"]\n");
  EXPECT_THAT(Problems(),
              ::testing::HasSubstr("release.yaml:8: 'files.waive': 'https://"
                                   "example.com/other' matches no file"));
  with("  waive: [{reason: none}]\n");
  EXPECT_THAT(Problems(), ::testing::HasSubstr(
                              "release.yaml:8: 'files.waive.url' is missing"));
  with("  waive: all\n");
  EXPECT_THAT(Problems(), ::testing::HasSubstr("should be a list"));
  with("  wrongArchitecture: ignore\n");
  EXPECT_THAT(Problems(),
              ::testing::HasSubstr("release.yaml:8: 'files.wrongArchitecture' "
                                   "is 'ignore'; write fail or warn"));
}

TEST_F(ReleaseReaderTest, ReadsWhatBecomesOfMislabelledImages) {
  const auto with = [this](const std::string& what) {
    Write("release.yaml",
          absl::StrReplaceAll(
              kGood,
              {{"images:\n",
                absl::StrCat("images:\n  wrongArchitecture: ", what, "\n")}}));
  };
  auto release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  EXPECT_FALSE(release->warn_of_mislabelled_images());
  with("fail");
  release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  EXPECT_FALSE(release->warn_of_mislabelled_images());
  with("warn");
  release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  EXPECT_TRUE(release->warn_of_mislabelled_images());
  EXPECT_FALSE(release->warn_of_wrong_architecture());
  with("ignore");
  EXPECT_THAT(Problems(),
              ::testing::HasSubstr("'images.wrongArchitecture' is 'ignore'; "
                                   "write fail or warn"));
}

// A public key of P-256, whose private half nobody has kept.
constexpr char kPublicKey[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzQo9kuyWgIQy4dicpSco3nOd1uXC\n"
    "E1VQwvjSiLJPwfuUKEkrq9OyOA3peZHnlm3bCQuzp12nikKVG//Yj6ihbw==\n"
    "-----END PUBLIC KEY-----\n";

TEST_F(ReleaseReaderTest, ReadsWhoseSignaturesAreTrusted) {
  const auto with = [this](const std::string& lines) {
    Write("release.yaml",
          absl::StrReplaceAll(
              kGood, {{"  missingPlatform",
                       "  signatures:\n" + lines + "  missingPlatform"}}));
  };
  Write("k8s.pub", kPublicKey);
  with(
      "    carry: true\n    missing: require\n    trust:\n"
      "      - images: [\"registry.k8s.io/*\"]\n        keys: [k8s.pub]\n"
      "        signedAs: [\"gcr.io/k8s-staging/*\"]\n");
  const auto release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  const v1::UpstreamSignatures& policy = release->upstream_signatures();
  EXPECT_TRUE(policy.carry());
  EXPECT_TRUE(policy.require());
  ASSERT_EQ(policy.trust_size(), 1);
  EXPECT_EQ(policy.trust(0).keys(0), kPublicKey);
  EXPECT_EQ(policy.trust(0).signed_as(0), "gcr.io/k8s-staging/*");

  const auto trust = [&](const std::string& entry) {
    with("    trust: " + entry + "\n");
    return Problems();
  };
  EXPECT_THAT(trust("[{images: [\"quay.io/*\"], keys: [k8s.pub]}]"),
              ::testing::HasSubstr("release.yaml:12: 'images.signatures.trust' "
                                   "has 'quay.io/*', which matches no image"));
  EXPECT_THAT(trust("[{images: [\"registry.k8s.io/*\"]}]"),
              ::testing::HasSubstr("names no keys"));
  EXPECT_THAT(trust("[{keys: [k8s.pub]}]"),
              ::testing::HasSubstr("names no images"));
  EXPECT_THAT(trust("[{images: [\"registry.k8s.io/*\"], keys: [images.list]}]"),
              ::testing::HasSubstr("not a public key in PEM"));
  EXPECT_THAT(trust("[{images: [\"registry.k8s.io/*\"], keys: [gone.pub]}]"),
              ::testing::HasSubstr("gone.pub'"));
  EXPECT_THAT(trust("all"), ::testing::HasSubstr("should be a list"));
  with("    missing: fail\n");
  EXPECT_THAT(Problems(), ::testing::HasSubstr("write require or allow"));
}

TEST_F(ReleaseReaderTest, RefusesYamlThatGrowsAsItIsRead) {
  std::string bomb = "x: &a \"" + std::string(400'000, 'a') + "\"\ny: [";
  for (int i = 0; i < 99'000; ++i) bomb += "*a,";
  Write("release.yaml", bomb + "*a]\n");
  EXPECT_THAT(Problems(), ::testing::HasSubstr("release.yaml:1: an anchor"));
  Write("release.yaml", "apiVersion: kso/v1\nkind: *a\n");
  EXPECT_THAT(Problems(), ::testing::HasSubstr("release.yaml:2: "));
  Write("release.yaml", "kind: Release\nfiles:\n  <<: {base: x}\n");
  EXPECT_THAT(Problems(),
              ::testing::HasSubstr("release.yaml:3: a merge key (<<)"));
  for (const std::string& deep :
       {std::string(100'000, '['), std::string(40, '[') + std::string(40, ']'),
        std::string(100'000, '{')}) {
    Write("release.yaml", "x: " + deep + "\n");
    EXPECT_THAT(Problems(), ::testing::HasSubstr("release.yaml:1: ")) << deep;
  }
  std::string wide = "x: [";
  for (int i = 0; i < 200'000; ++i) wide += "1,";
  Write("release.yaml", wide + "]\n");
  EXPECT_THAT(Problems(), ::testing::HasSubstr("too many values"));
  Write("release.yaml", "a: " + std::string(1 << 20, 'a') + "\n");
  EXPECT_THAT(Problems(), ::testing::HasSubstr("larger than 1 MiB"));
  Write("release.yaml", "kind: Release\n---\nkind: Release\n");
  EXPECT_THAT(Problems(), ::testing::HasSubstr("a second YAML document"));
  Write("release.yaml", std::string(kGood) + "kind: Release\n");
  EXPECT_THAT(Problems(),
              ::testing::HasSubstr("release.yaml:16: 'kind' is here twice"));
}

TEST_F(ReleaseReaderTest, AChecksumMayNotContradictAList) {
  Write("sums", std::string(64, 'f') + "  https://example.com/amd64/kubelet\n");
  Write("amd64.list",
        std::string("https://example.com/amd64/kubelet ") + kDigest + "\n");
  Write("release.yaml",
        absl::StrReplaceAll(kGood,
                            {{"images:\n", "  checksums: [sums]\nimages:\n"}}));
  EXPECT_THAT(Problems(),
              ::testing::AllOf(::testing::HasSubstr("sums:1: "),
                               ::testing::HasSubstr("amd64.list:1")));
}

TEST_F(ReleaseReaderTest, ReportsEverythingThatIsWrongAtOnce) {
  Write("release.yaml", R"(apiVersion: kso/v2
kind: Release
name: "no/tag"
platform: [linux/amd64]
platforms: [linux/amd64, windows]
files:
  base: UPPER:1
  lists: {amd64: amd64.list, s390x: missing.list}
images:
  base: docker.io/library/registry:3
  list: [images.list]
  missingPlatform: {default: maybe}
destination: ftp://example.com
mirrors:
  - {prefix: "docker.io/", location: "http://mirror/"}
)");
  Write("amd64.list",
        "ftp://example.com/file\n"
        "https://example.com/../../etc/passwd\n"
        "https://example.com/file sha256:123\n");
  const std::string problems = Problems();
  EXPECT_THAT(
      problems,
      ::testing::AllOf(
          ::testing::HasSubstr("release.yaml:1: 'apiVersion' is 'kso/v2'; this "
                               "version of kso reads apiVersion: kso/v1\n"),
          ::testing::HasSubstr("release.yaml:3: 'no/tag' cannot become a tag"),
          ::testing::HasSubstr(
              "release.yaml:4: there is no key 'platform'; did "
              "you mean 'platforms'?\n"),
          ::testing::HasSubstr("release.yaml:5: 'windows' is not a platform"),
          ::testing::HasSubstr(
              "release.yaml:7: 'UPPER:1' is not an image reference"),
          ::testing::HasSubstr("release.yaml:8: there is a list for 's390x'"),
          ::testing::HasSubstr(
              "release.yaml:8: 'missing.list': there is no such "
              "file; paths are relative"),
          ::testing::HasSubstr("release.yaml:11: 'images.list' is a list, and "
                               "should be a text")));
  EXPECT_THAT(
      problems,
      ::testing::AllOf(
          ::testing::HasSubstr(
              "release.yaml:12: 'images.missingPlatform.default'"
              " is 'maybe'; write fail or allow"),
          ::testing::HasSubstr(
              "release.yaml:13: destination \"ftp://example.com\""),
          ::testing::HasSubstr("release.yaml:15: 'http://mirror/' cannot stand "
                               "for 'docker.io/'; a mirror of images has no "
                               "scheme"),
          ::testing::HasSubstr(
              "amd64.list:1: 'ftp://example.com/file' is not a "
              "URL of http or https; write https://HOST/PATH"),
          ::testing::HasSubstr("amd64.list:2: 'https://example.com/../../etc/"
                               "passwd'"),
          ::testing::HasSubstr("amd64.list:3: 'https://example.com/file' is "
                               "listed with 'sha256:123', which is not a "
                               "digest; write sha256: and 64 lowercase hex "
                               "digits")));
}

TEST_F(ReleaseReaderTest, SaysHowToWriteABareHash) {
  const std::string hex(64, 'a');
  Write("amd64.list",
        "https://example.com/amd64 " + hex + "\nhttps://example.com/x\n");
  EXPECT_EQ(Problems(),
            "amd64.list:1: 'https://example.com/amd64' is listed with '" + hex +
                "', which is not a digest; write it as sha256:" + hex);
}

TEST_F(ReleaseReaderTest, NamesBothLinesOfAConflict) {
  Write("amd64.list",
        "https://example.com/a " + std::string(kDigest) +
            "\nhttps://example.com/a sha256:" + std::string(64, '0') +
            "\nhttp://example.com/a\nhttps://example.com/a/below\n");
  const std::string quay = "quay.io/team/tool:1@sha256:" + std::string(64, '1');
  Write("images.list", quay + "\ndocker.io/team/tool:1@sha256:" +
                           std::string(64, '2') + "\n" + quay + "\n");
  EXPECT_THAT(
      Problems(),
      ::testing::AllOf(
          ::testing::HasSubstr("amd64.list:2: 'https://example.com/a' is "),
          ::testing::HasSubstr("(amd64.list:1); find out which is right"),
          ::testing::HasSubstr("amd64.list:3: 'http://example.com/a' would be "
                               "served at the same path as "
                               "'https://example.com/a' (amd64.list:1)"),
          ::testing::HasSubstr("amd64.list:4: 'https://example.com/a/below' "
                               "would be below 'https://example.com/a', "
                               "which is a file (amd64.list:1)"),
          ::testing::HasSubstr(
              "images.list:2: 'docker.io/team/tool:1@sha256:" +
              std::string(64, '2') +
              "' would be k8s/team/tool:1 in the finished registry, and so "
              "would '" +
              quay + "' (images.list:1); keep both"),
          ::testing::Not(::testing::HasSubstr("images.list:3"))));
}

TEST_F(ReleaseReaderTest, WantsAListForEachArchitecture) {
  Write("release.yaml",
        absl::StrReplaceAll(kGood, {{", arm64: arm64.list}", "}"}}));
  EXPECT_EQ(Problems(),
            "release.yaml:7: there is no list for 'arm64'; add arm64: FILE, or "
            "drop the platform");
}

TEST_F(ReleaseReaderTest, MakesLocalDestinationsAbsolute) {
  Write("release.yaml",
        absl::StrReplaceAll(
            kGood, {{"docker://registry.example.com/team", "oci:out/result"}}));
  const auto release = Read();
  ASSERT_TRUE(release.ok()) << release.status();
  EXPECT_EQ(release->destination().location(), directory_ + "/out/result");
}

TEST_F(ReleaseReaderTest, SaysWhereYamlIsBroken) {
  Write("release.yaml", "name: x\nplatforms: [linux/amd64\nfiles: 1\n");
  EXPECT_THAT(Problems(), ::testing::StartsWith("release.yaml:3: this is not "
                                                "YAML: "));
  Write("release.yaml", "");
  EXPECT_THAT(Problems(), ::testing::HasSubstr("should be a map"));
  Write("release.yaml", "name: a\nname: b\n");
  EXPECT_THAT(Problems(),
              ::testing::HasSubstr("release.yaml:2: 'name' is here twice"));
}

TEST_F(ReleaseReaderTest, ShowsNoBytesThatAreNoText) {
  Write("amd64.list", "https://example.com/amd64/caf\xe9 \x1b[2J\n");
  EXPECT_THAT(Problems(), ::testing::HasSubstr("amd64.list:1"));
  EXPECT_TRUE(IsUtf8(Problems()));
  Write("release.yaml", "kind: Release\nname: caf\xe9\n");
  EXPECT_THAT(Problems(),
              ::testing::HasSubstr("release.yaml:2: this line is not UTF-8"));
}

TEST_F(ReleaseReaderTest, BoundsWhatItReads) {
  Write("amd64.list", std::string((4 << 20) + 1, '\n'));
  EXPECT_THAT(Problems(),
              ::testing::HasSubstr("'amd64.list': the file is larger than 4 "
                                   "MiB"));
}

}  // namespace
}  // namespace kso::release_file
