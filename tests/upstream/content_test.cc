// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/upstream/compress.h"
#include "tests/upstream/elf.h"
#include "tests/upstream/file_content.h"
#include "tests/upstream/hash.h"

namespace kso::upstream {
namespace {

constexpr char kKubelet[] =
    "https://dl.k8s.io/release/v1.29.10/bin/linux/arm64/kubelet";
constexpr char kEtcd[] =
    "https://github.com/etcd-io/etcd/releases/download/v3.5.16/"
    "etcd-v3.5.16-linux-amd64.tar.gz";
constexpr char kKata[] =
    "https://github.com/kata-containers/kata-containers/releases/download/"
    "3.1.3/kata-static-3.1.3-aarch64.tar.xz";

uint16_t MachineOf(const std::string& elf, size_t at = 0) {
  Elf64_Ehdr header;
  std::memcpy(&header, elf.data() + at, sizeof(header));
  EXPECT_EQ(std::memcmp(header.e_ident, ELFMAG, SELFMAG), 0);
  return header.e_machine;
}

TEST(HashTest, MatchesPublishedVector) {
  EXPECT_EQ(Sha256Digest("abc"),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20"
            "015ad");
}

TEST(ElfTest, IsForItsArchitecture) {
  EXPECT_EQ(MachineOf(MakeElf("amd64", 1, 4096)), EM_X86_64);
  EXPECT_EQ(MachineOf(MakeElf("arm64", 1, 4096)), EM_AARCH64);
}

TEST(ElfTest, HasTheSizeAskedForAndDependsOnTheSeed) {
  EXPECT_EQ(MakeElf("amd64", 1, 12345).size(), 12345u);
  EXPECT_EQ(MakeElf("amd64", 1, 12345), MakeElf("amd64", 1, 12345));
  EXPECT_NE(MakeElf("amd64", 1, 12345), MakeElf("amd64", 2, 12345));
}

TEST(ElfTest, CompressesLikeGoPrograms) {
  const std::string elf = MakeElf("amd64", 7, 1000000);
  const auto gzip = Gzip(elf);
  ASSERT_TRUE(gzip.ok());
  EXPECT_GT(gzip->size(), 400000u);
  EXPECT_LT(gzip->size(), 500000u);
}

TEST(GunzipTest, RestoresAndRefusesATruncatedFile) {
  const auto gzip = Gzip("some text");
  ASSERT_TRUE(gzip.ok());
  EXPECT_EQ(*Gunzip(*gzip), "some text");
  EXPECT_FALSE(Gunzip(gzip->substr(0, gzip->size() - 3)).ok());
}

TEST(MakeFileTest, IsAPureFunctionOfUrlAndFactor) {
  for (const char* url : {kKubelet, kEtcd, kKata}) {
    EXPECT_EQ(*MakeFile(url, 0.002), *MakeFile(url, 0.002)) << url;
    EXPECT_NE(*MakeFile(url, 0.002), *MakeFile(url, 0.003)) << url;
  }
}

TEST(MakeFileTest, ProgramIsForTheArchitectureInItsUrl) {
  EXPECT_EQ(MachineOf(*MakeFile(kKubelet, 0.002)), EM_AARCH64);
}

TEST(MakeFileTest, ArchiveHoldsProgramsForTheArchitectureInItsUrl) {
  const auto tar = Gunzip(*MakeFile(kEtcd, 0.002));
  ASSERT_TRUE(tar.ok());
  const size_t at = tar->find(ELFMAG);
  ASSERT_NE(at, tar->npos);
  EXPECT_EQ(at % 512, 0u);
  EXPECT_EQ(MachineOf(*tar, at), EM_X86_64);
}

TEST(MakeFileTest, XzArchiveIsXz) {
  const std::string file = *MakeFile(kKata, 0.002);
  EXPECT_EQ(file.substr(0, 6), std::string("\xFD"
                                           "7zXZ\0",
                                           6));
}

TEST(MakeFileTest, ComesCloseToTheSizeOfTheRealFile) {
  for (const char* url : {kKubelet, kEtcd, kKata}) {
    const double size = static_cast<double>(MakeFile(url, 0.01)->size());
    EXPECT_NEAR(size / FileSize(url, 0.01), 1, 0.15) << url;
  }
}

}  // namespace
}  // namespace kso::upstream
