// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/elf.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "tests/upstream/random.h"

namespace kso::upstream {
namespace {

uint16_t MachineOf(std::string_view architecture) {
  if (architecture == "arm64") return EM_AARCH64;
  if (architecture == "arm") return EM_ARM;
  if (architecture == "s390x") return EM_S390;
  return EM_X86_64;
}

// Words that come back within gzip's window, each followed by bytes that do
// not, as instructions and their operands do.
void AppendCode(uint64_t seed, size_t size, std::string& out) {
  constexpr size_t kWords = 512;
  constexpr size_t kWordBytes = 12;
  constexpr size_t kOperandBytes = 4;
  Random random(seed);
  std::array<char, kWords * kWordBytes> words;
  for (size_t at = 0; at < words.size(); at += 4) {
    const uint32_t bits = static_cast<uint32_t>(random.Next());
    std::memcpy(&words[at], &bits, sizeof(bits));
  }
  const size_t end = out.size() + size;
  // One token of slack, so that the loop needs no bounds check on each copy.
  out.resize(end + kWordBytes + kOperandBytes);
  char* to = out.data() + (end - size);
  char* const stop = out.data() + end;
  while (to < stop) {
    const uint64_t bits = random.Next();
    std::memcpy(to, &words[(bits % kWords) * kWordBytes], kWordBytes);
    to += kWordBytes;
    const uint32_t operand = static_cast<uint32_t>(bits >> 32);
    std::memcpy(to, &operand, kOperandBytes);
    to += kOperandBytes;
  }
  out.resize(end);
}

}  // namespace

std::string MakeElf(std::string_view architecture, uint64_t seed, size_t size) {
  constexpr uint64_t kBase = 0x400000;
  size = std::max(size, sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr));

  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = MachineOf(architecture);
  header.e_version = EV_CURRENT;
  header.e_entry = kBase + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;

  Elf64_Phdr segment = {};
  segment.p_type = PT_LOAD;
  segment.p_flags = PF_R | PF_X;
  segment.p_vaddr = kBase;
  segment.p_paddr = kBase;
  segment.p_filesz = size;
  segment.p_memsz = size;
  segment.p_align = 0x1000;

  std::string out;
  out.reserve(size + 32);
  out.append(reinterpret_cast<const char*>(&header), sizeof(header));
  out.append(reinterpret_cast<const char*>(&segment), sizeof(segment));
  AppendCode(seed, size - out.size(), out);
  return out;
}

}  // namespace kso::upstream
