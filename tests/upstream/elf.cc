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

// write(1, version, 7), then exit(0), by the kernel's own calling convention
// (syscall(2)). The text follows the code.
constexpr unsigned char kAmd64Code[] = {
    0xb8, 0x01, 0x00, 0x00, 0x00,              // mov eax, 1 (write)
    0xbf, 0x01, 0x00, 0x00, 0x00,              // mov edi, 1
    0x48, 0x8d, 0x35, 0x10, 0x00, 0x00, 0x00,  // lea rsi, [rip + 16]
    0xba, 0x07, 0x00, 0x00, 0x00,              // mov edx, 7
    0x0f, 0x05,                                // syscall
    0x31, 0xff,                                // xor edi, edi
    0xb8, 0x3c, 0x00, 0x00, 0x00,              // mov eax, 60 (exit)
    0x0f, 0x05,                                // syscall
};
constexpr unsigned char kArm64Code[] = {
    0x20, 0x00, 0x80, 0xd2,  // mov x0, #1
    0xe1, 0x00, 0x00, 0x10,  // adr x1, +28
    0xe2, 0x00, 0x80, 0xd2,  // mov x2, #7
    0x08, 0x08, 0x80, 0xd2,  // mov x8, #64 (write)
    0x01, 0x00, 0x00, 0xd4,  // svc #0
    0x00, 0x00, 0x80, 0xd2,  // mov x0, #0
    0xa8, 0x0b, 0x80, 0xd2,  // mov x8, #93 (exit)
    0x01, 0x00, 0x00, 0xd4,  // svc #0
};
constexpr std::string_view kVersionLine = "v1.0.0\n";
static_assert(kVersionLine.size() == 7);

template <size_t kSize>
std::string AsText(const unsigned char (&code)[kSize]) {
  return std::string(reinterpret_cast<const char*>(code), kSize);
}

// Empty for architectures whose programs nobody runs.
std::string ProgramFor(std::string_view architecture) {
  std::string code;
  if (architecture == "amd64") code = AsText(kAmd64Code);
  if (architecture == "arm64") code = AsText(kArm64Code);
  return code.empty() ? code : code.append(kVersionLine);
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
  const std::string program = ProgramFor(architecture);
  size =
      std::max(size, sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) + program.size());

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
  out.append(program);
  AppendCode(seed, size - out.size(), out);
  return out;
}

}  // namespace kso::upstream
