// SPDX-License-Identifier: Apache-2.0
#include "common/release/check_release.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/site.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::release {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using F = release::Field;

v1::Release Good() {
  v1::Release release;
  release.set_name("v1");
  for (const char* architecture : {"amd64", "arm64"}) {
    v1::Platform* platform = release.add_platforms();
    platform->set_os("linux");
    platform->set_architecture(architecture);
  }
  release.set_files_base("docker.io/library/nginx:1");
  release.add_files()->set_url("https://dl.k8s.io/v1.29.5/kubelet");
  release.set_images_base("docker.io/library/registry:3");
  release.add_images()->set_reference("registry.k8s.io/pause:3.9");
  release.mutable_destination()->set_kind(v1::Destination::REGISTRY);
  release.mutable_destination()->set_location("reg.example/team");
  return release;
}

v1::Release WithFiles(const std::vector<std::string>& urls) {
  v1::Release release = Good();
  release.clear_files();
  for (const std::string& url : urls) release.add_files()->set_url(url);
  return release;
}

v1::Release WithImages(const std::vector<std::string>& references) {
  v1::Release release = Good();
  release.clear_images();
  for (const std::string& reference : references) {
    release.add_images()->set_reference(reference);
  }
  return release;
}

v1::Release WithMirror(const std::string& prefix, const std::string& location,
                       bool insecure = false) {
  v1::Release release = Good();
  v1::Mirror* mirror = release.add_mirrors();
  mirror->set_prefix(prefix);
  mirror->set_location(location);
  mirror->set_insecure(insecure);
  return release;
}

// A problem of a field, with this in its reason.
auto Is(F field, const std::string& reason, int index = -1, int other = -1) {
  return AllOf(
      Field(&Problem::field, field), Field(&Problem::index, index),
      Field(&Problem::other, other),
      Field(&Problem::violation, Field(&Violation::reason, HasSubstr(reason))));
}

auto Advises(const std::string& advice) {
  return Field(&Problem::violation,
               Field(&Violation::advice, HasSubstr(advice)));
}

TEST(CheckReleaseTest, AGoodOneHasNoProblems) {
  EXPECT_THAT(CheckRelease(Good()), IsEmpty());
  v1::Release files_only = Good();
  files_only.clear_images();
  files_only.clear_images_base();
  EXPECT_THAT(CheckRelease(files_only), IsEmpty());
}

TEST(CheckReleaseTest, TheNameBecomesATagAlsoWithASuffix) {
  v1::Release release = Good();
  for (const std::string& good :
       {std::string(123, 'a'), std::string("latest-2"), std::string("_v1")}) {
    release.set_name(good);
    EXPECT_THAT(CheckRelease(release), IsEmpty()) << good;
  }
  for (const std::string& bad : {std::string(124, 'a'), std::string(),
                                 std::string("-v1"), std::string("a b")}) {
    release.set_name(bad);
    EXPECT_THAT(CheckRelease(release),
                ElementsAre(Is(F::kName, "cannot become a tag")))
        << bad;
  }
  for (const char* taken : {"latest", "latest-all"}) {
    release.set_name(taken);
    EXPECT_THAT(CheckRelease(release),
                ElementsAre(Is(F::kName, "the tag of the newest release")));
  }
}

TEST(CheckReleaseTest, ThereArePlatformsOfLinuxEachOnce) {
  v1::Release release = Good();
  release.clear_platforms();
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(Is(F::kPlatforms, "there are no platforms")));
  release = Good();
  release.mutable_platforms(1)->set_os("windows");
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(Is(F::kPlatforms, "'windows/arm64' is not", 1)));
  release = Good();
  release.mutable_platforms(1)->set_architecture("");
  EXPECT_THAT(CheckRelease(release), ElementsAre(Is(F::kPlatforms, "", 1)));
  release = Good();
  release.mutable_platforms(1)->set_architecture("amd64");
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(Is(F::kPlatforms, "is here twice", 1, 0)));
}

TEST(CheckReleaseTest, ASectionHasABaseAndItems) {
  v1::Release release = Good();
  release.clear_files_base();
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(Is(F::kFilesBase, "'files.base' is missing")));
  release = Good();
  release.clear_images();
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(Is(F::kImages, "the lists are empty")));
  release = Good();
  release.set_images_base("UPPER");
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(Is(F::kImagesBase, "'UPPER' is not an image")));
  release.clear_images_base();
  release.clear_images();
  release.clear_files_base();
  release.clear_files();
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(Is(F::kRelease, "neither files nor images")));
}

TEST(CheckReleaseTest, ADestinationIsOneThatImagesCanGoTo) {
  v1::Release release = Good();
  release.mutable_destination()->set_insecure(true);
  EXPECT_THAT(CheckRelease(release), IsEmpty());
  release.mutable_destination()->set_kind(v1::Destination::OCI_LAYOUT);
  release.mutable_destination()->set_location("/srv/layout");
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(Is(F::kDestinationInsecure, "is for registries")));
  release = Good();
  release.clear_destination();
  EXPECT_THAT(CheckRelease(release), ElementsAre(Is(F::kDestination, "")));
}

TEST(CheckReleaseTest, ALayerTypeIsOneThatTheFarmMakes) {
  v1::Release release = Good();
  release.set_layer_media_type("application/vnd.oci.image.layer.v1.tar+gzip");
  EXPECT_THAT(CheckRelease(release), IsEmpty());
  release.set_layer_media_type("application/zip");
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(Is(F::kLayerMediaType, "'application/zip' is not")));
}

TEST(CheckReleaseTest, OneThatIsTooLargeIsNotLookedAtMoreClosely) {
  v1::Release release = Good();
  release.set_name(std::string(kLargestRelease, 'a'));
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(Is(F::kRelease, "over the limit of 16.0 MiB")));
  // Mirrors go along with each item.
  release = Good();
  release.clear_images();
  release.clear_images_base();
  for (int i = 0; i < 200; ++i) {
    v1::Mirror* mirror = release.add_mirrors();
    mirror->set_prefix("https://" + std::string(1000, 'a') + "/");
  }
  for (int i = 0; i < 1000; ++i) {
    release.add_files()->set_url("https://h.example/" + std::to_string(i));
  }
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(Is(F::kRelease, "too much for 1001 files")));
}

TEST(CheckReleaseTest, MirrorsMayFillTheirBoundForFilesAndImagesTogether) {
  v1::Release release = Good();
  while (release.files_size() + release.images_size() < 1024) {
    release.add_files()->set_url("https://h.example/" +
                                 std::to_string(release.files_size()));
  }
  v1::Mirror* mirror = release.add_mirrors();
  // With the tag and the length before it, 128 KiB: 128 MiB for 1,024 items.
  mirror->set_prefix(std::string((128 << 10) - 4, 'a'));
  ASSERT_EQ(mirror->ByteSizeLong() * 1024, kMostMirrorBytes);
  EXPECT_THAT(CheckRelease(release),
              Not(Contains(Is(F::kRelease, "too much for"))));
  mirror->mutable_prefix()->push_back('a');
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(Is(F::kRelease, "too much for 1024 files")));
}

TEST(CheckReleaseTest, TwoFilesAreNotServedAtOnePath) {
  EXPECT_THAT(CheckRelease(WithFiles({"https://a.io/x", "https://a.io/x"})),
              IsEmpty());
  EXPECT_THAT(
      CheckRelease(
          WithFiles({"https://a.io/y", "https://a.io/x", "http://a.io/x"})),
      ElementsAre(
          Is(F::kFiles, "served at the same path as 'https://a.io/x'", 2, 1)));
  EXPECT_THAT(
      CheckRelease(WithFiles({"https://a.io/d/x", "https://a.io/d"})),
      ElementsAre(Is(F::kFiles, "would be below 'https://a.io/d'", 0, 1)));
  EXPECT_THAT(CheckRelease(WithFiles({"https://a.io/d/e/f/x",
                                      "https://a.io/d/e", "https://a.io/dx"})),
              ElementsAre(Is(F::kFiles, "would be below", 0, 1)));
  EXPECT_THAT(CheckRelease(WithFiles({"ftp://a.io/x"})),
              ElementsAre(Is(F::kFiles, "", 0)));
}

TEST(CheckReleaseTest, AHostHasNotTheNameOfAFileBesideTheHosts) {
  for (const std::string_view name : {site::kOfflineFile, site::kSumsFile,
                                      site::kIndexFile, site::kPageFile}) {
    EXPECT_THAT(
        CheckRelease(WithFiles({"https://" + std::string(name) + "/x"})),
        ElementsAre(Is(F::kFiles, "", 0)))
        << name;
  }
  EXPECT_THAT(
      CheckRelease(WithFiles({"https://h/" + std::string(site::kPageFile)})),
      IsEmpty());
}

TEST(CheckReleaseTest, ADigestIsWrittenAsOneAndSaysTheSame) {
  const std::string a(64, 'a');
  const std::string b(64, 'b');
  v1::Release release = WithFiles({"https://a.io/x", "https://a.io/x"});
  release.mutable_files(0)->set_digest("sha256:" + a);
  release.mutable_files(1)->set_digest("sha256:" + a);
  EXPECT_THAT(CheckRelease(release), IsEmpty());
  release.mutable_files(1)->set_digest("sha512:" + a + b);
  EXPECT_THAT(CheckRelease(release), IsEmpty());
  release.mutable_files(1)->set_digest("sha256:" + b);
  EXPECT_THAT(
      CheckRelease(release),
      ElementsAre(Is(F::kFileDigest, "and elsewhere sha256:" + a, 1, 0)));
  // Hex digits alone can only be one kind of digest.
  release = WithFiles({"https://a.io/x"});
  release.mutable_files(0)->set_digest(std::string(64, 'A'));
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(AllOf(Is(F::kFileDigest, "is not a digest", 0),
                                Advises("write it as sha256:" + a))));
  release.mutable_files(0)->set_digest(a + b);
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(Advises("write it as sha512:" + a + b)));
  for (const std::string& none :
       {a + "b", std::string(64, 'g'), std::string("md5:00")}) {
    release.mutable_files(0)->set_digest(none);
    EXPECT_THAT(CheckRelease(release),
                ElementsAre(Advises("write sha256: and 64")))
        << none;
  }
}

TEST(CheckReleaseTest, AHashIsWantedWhereTheReleaseSaysSo) {
  v1::Release release = Good();
  release.set_require_hashes(true);
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(Is(F::kFiles, "has no checksum", 0)));
}

TEST(CheckReleaseTest, TwoImagesAreNotServedUnderOneName) {
  const std::string a = "@sha256:" + std::string(64, 'a');
  const std::string b = "@sha256:" + std::string(64, 'b');
  EXPECT_THAT(CheckRelease(WithImages({"a.io/x:1" + a, "b.io/x:1" + a})),
              IsEmpty());
  EXPECT_THAT(CheckRelease(WithImages({"a.io/x:1" + a, "a.io/x:2" + b})),
              IsEmpty());
  // The digests of these are known when they are resolved.
  EXPECT_THAT(CheckRelease(WithImages({"a.io/x:1", "b.io/x:1"})), IsEmpty());
  EXPECT_THAT(
      CheckRelease(
          WithImages({"c.io/y:1" + a, "a.io/x:1" + a, "b.io/x:1" + b})),
      ElementsAre(AllOf(Is(F::kImages, "and so would 'a.io/x:1" + a, 2, 1),
                        Advises("keepHost: [\"b.io/x\"]"))));
  EXPECT_THAT(CheckRelease(WithImages({"a.io/x:1" + a, "a.io/x:1" + b})),
              ElementsAre(AllOf(Is(F::kImages, "", 1, 0),
                                Advises("keep one of the two"))));
}

TEST(CheckReleaseTest, AnImageIsAReferenceWithoutScheme) {
  EXPECT_THAT(CheckRelease(WithImages({"docker://a.io/x:1"})),
              ElementsAre(Is(F::kImages, "it has a scheme", 0)));
  EXPECT_THAT(CheckRelease(WithImages({"a.io/x:1", "a.io/UPPER:1"})),
              ElementsAre(Is(F::kImages, "is not an image reference", 1)));
  v1::Release release = Good();
  release.mutable_missing_platform()->add_allow("quay.io/a/*");
  EXPECT_THAT(CheckRelease(release), IsEmpty());
  release.mutable_missing_platform()->add_allow("quay.io/a b");
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(Is(F::kMissingPlatform, "cannot match", 1)));
}

TEST(CheckReleaseTest, AMirrorStandsForUrlsOrForImages) {
  for (const auto& [prefix, location] :
       std::vector<std::pair<std::string, std::string>>{
           {"https://dl.k8s.io/", "http://mirror.example/dl/"},
           {"https://dl.k8s.io", "https://mirror.example"},
           {"docker.io/", "mirror.example:5000/docker.io/"},
           {"docker.io", "mirror.example"},
           {"docker.io/library/", "mirror.example/library/"}}) {
    EXPECT_THAT(CheckRelease(WithMirror(prefix, location)), IsEmpty())
        << prefix;
  }
  for (const char* prefix : {"ftp://h.example/", "https://", "https://h h/",
                             "docker.io/UPPER/", "no host/"}) {
    EXPECT_THAT(CheckRelease(WithMirror(prefix, "h.example/")),
                ElementsAre(Is(F::kMirrorPrefix, "is no prefix", 0)))
        << prefix;
  }
  EXPECT_THAT(CheckRelease(WithMirror("", "h.example/")),
              ElementsAre(Is(F::kMirrorPrefix, "has no prefix", 0)));
  EXPECT_THAT(CheckRelease(WithMirror("docker.io/", "")),
              ElementsAre(Is(F::kMirrorLocation, "has no location", 0)));
  // One of each kind, and a slash at the end of one alone.
  EXPECT_THAT(CheckRelease(WithMirror("https://dl.k8s.io/", "h.example/")),
              ElementsAre(AllOf(Is(F::kMirrorLocation, "cannot stand for", 0),
                                Advises("is a URL"))));
  EXPECT_THAT(CheckRelease(WithMirror("docker.io/", "https://h.example/")),
              ElementsAre(AllOf(Is(F::kMirrorLocation, "cannot stand for", 0),
                                Advises("has no scheme"))));
  EXPECT_THAT(CheckRelease(WithMirror("docker.io/", "h.example")),
              ElementsAre(Is(F::kMirrorLocation, "ends with a slash", 0)));
}

TEST(CheckReleaseTest, AMirrorHasNoLoginInIt) {
  EXPECT_THAT(
      CheckRelease(WithMirror("https://dl.k8s.io/", "https://me:pw@h.io/")),
      ElementsAre(AllOf(
          Is(F::kMirrorLocation, "has a user name", 0), Advises("netrc"),
          Field(&Problem::violation,
                Field(&Violation::reason, ::testing::Not(HasSubstr("pw")))))));
  EXPECT_THAT(CheckRelease(WithMirror("https://dl.k8s.io/?token=pw", "")),
              ElementsAre(Is(F::kMirrorPrefix, "has a user name", 0)));
}

TEST(CheckReleaseTest, AMirrorIsNamedOnceAndOnlyRegistriesAreInsecure) {
  EXPECT_THAT(CheckRelease(WithMirror("docker.io/", "h.example/", true)),
              IsEmpty());
  EXPECT_THAT(
      CheckRelease(WithMirror("https://dl.k8s.io/", "http://h.example/", true)),
      ElementsAre(Is(F::kMirrorInsecure, "for mirrors of images", 0)));
  v1::Release twice = WithMirror("docker.io/", "h.example/");
  *twice.add_mirrors() = twice.mirrors(0);
  EXPECT_THAT(CheckRelease(twice),
              ElementsAre(Is(F::kMirrorPrefix, "is mirrored twice", 1, 0)));
}

TEST(CheckReleaseTest, TrustNamesImagesAndKeys) {
  v1::Release release = Good();
  v1::SignatureTrust* trust =
      release.mutable_upstream_signatures()->add_trust();
  EXPECT_THAT(CheckRelease(release),
              ElementsAre(Is(F::kSignatureTrust, "names no images", 0),
                          Is(F::kSignatureTrust, "names no keys", 0)));
  trust->add_images("registry.k8s.io/*");
  trust->add_images("quay.io/*");
  trust->add_keys("nonsense");
  trust->add_signed_as("a b");
  EXPECT_THAT(
      CheckRelease(release),
      ElementsAre(Is(F::kSignatureTrust, "'quay.io/*', which matches no", 0),
                  Is(F::kSignatureTrust, "'a b', which cannot match", 0),
                  Is(F::kSignatureTrust, "not a public key in PEM", 0)));
  trust->Clear();
  trust->add_images("registry.k8s.io/*");
  trust->set_identity("https://github.com/kubernetes/*");
  EXPECT_THAT(CheckRelease(release),
              AllOf(SizeIs(3),
                    ElementsAre(Advises("issuer: URL"), Advises("roots: FILE"),
                                Advises("logKey: FILE"))));
}

}  // namespace
}  // namespace kso::release
