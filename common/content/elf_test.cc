// SPDX-License-Identifier: Apache-2.0
#include "common/content/elf.h"

#include <elf.h>

#include <cstring>
#include <string>

#include "gtest/gtest.h"

namespace kso::content {
namespace {

// The first bytes of an ELF file of 64 bits, in little endian.
std::string Elf(uint16_t machine, uint16_t type = ET_EXEC) {
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = type;
  header.e_machine = machine;
  return std::string(reinterpret_cast<const char*>(&header), sizeof(header));
}

TEST(ArchitectureOfElfTest, KnowsTheArchitecturesThatClustersHave) {
  EXPECT_EQ(ArchitectureOfElf(Elf(EM_X86_64)), "amd64");
  EXPECT_EQ(ArchitectureOfElf(Elf(EM_AARCH64)), "arm64");
  EXPECT_EQ(ArchitectureOfElf(Elf(EM_PPC64)), "ppc64le");
  EXPECT_EQ(ArchitectureOfElf(Elf(EM_RISCV)), "riscv64");
}

TEST(ArchitectureOfElfTest, ReadsBothByteOrdersAndBothClasses) {
  std::string s390x = Elf(0, 0);
  s390x[EI_DATA] = ELFDATA2MSB;
  s390x[17] = ET_EXEC;
  s390x[19] = EM_S390;
  EXPECT_EQ(ArchitectureOfElf(s390x), "s390x");
  std::string arm = Elf(EM_ARM);
  EXPECT_EQ(ArchitectureOfElf(arm), "");
  arm[EI_CLASS] = ELFCLASS32;
  EXPECT_EQ(ArchitectureOfElf(arm), "arm");
}

TEST(ArchitectureOfElfTest, TakesSharedObjectsAndPositionIndependentPrograms) {
  EXPECT_EQ(ArchitectureOfElf(Elf(EM_AARCH64, ET_DYN)), "arm64");
}

TEST(ArchitectureOfElfTest, LeavesOutObjectFilesCoreDumpsAndFirmware) {
  EXPECT_EQ(ArchitectureOfElf(Elf(EM_X86_64, ET_REL)), "");
  EXPECT_EQ(ArchitectureOfElf(Elf(EM_X86_64, ET_CORE)), "");
  EXPECT_EQ(ArchitectureOfElf(Elf(EM_PARISC)), "");
  EXPECT_EQ(ArchitectureOfElf(Elf(EM_BPF)), "");
}

TEST(ArchitectureOfElfTest, LeavesOutWhatIsNoElf) {
  EXPECT_EQ(ArchitectureOfElf(""), "");
  EXPECT_EQ(ArchitectureOfElf("#!/bin/sh\necho hello, world\n"), "");
  const std::string elf = Elf(EM_X86_64);
  EXPECT_EQ(ArchitectureOfElf(elf.substr(0, kElfHeaderBytes)), "amd64");
  EXPECT_EQ(ArchitectureOfElf(elf.substr(0, kElfHeaderBytes - 1)), "");
}

}  // namespace
}  // namespace kso::content
