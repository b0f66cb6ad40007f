// SPDX-License-Identifier: Apache-2.0
#include "common/content/elf.h"

#include <elf.h>

#include <cstddef>
#include <cstdint>

namespace kso::content {
namespace {

struct Machine {
  uint16_t number;
  unsigned char bits;
  // ELFDATA2LSB or ELFDATA2MSB.
  unsigned char byte_order;
  std::string_view architecture;
};

constexpr Machine kMachines[] = {
    {EM_X86_64, ELFCLASS64, ELFDATA2LSB, "amd64"},
    // Its x32 ABI.
    {EM_X86_64, ELFCLASS32, ELFDATA2LSB, "amd64"},
    {EM_386, ELFCLASS32, ELFDATA2LSB, "386"},
    {EM_AARCH64, ELFCLASS64, ELFDATA2LSB, "arm64"},
    {EM_ARM, ELFCLASS32, ELFDATA2LSB, "arm"},
    {EM_PPC64, ELFCLASS64, ELFDATA2LSB, "ppc64le"},
    {EM_PPC64, ELFCLASS64, ELFDATA2MSB, "ppc64"},
    {EM_S390, ELFCLASS64, ELFDATA2MSB, "s390x"},
    {EM_RISCV, ELFCLASS64, ELFDATA2LSB, "riscv64"},
    {EM_MIPS, ELFCLASS64, ELFDATA2LSB, "mips64le"},
    {EM_MIPS, ELFCLASS64, ELFDATA2MSB, "mips64"},
    {EM_LOONGARCH, ELFCLASS64, ELFDATA2LSB, "loong64"},
};

constexpr size_t kTypeAt = offsetof(Elf64_Ehdr, e_type);
constexpr size_t kMachineAt = offsetof(Elf64_Ehdr, e_machine);
static_assert(kTypeAt == offsetof(Elf32_Ehdr, e_type));
static_assert(kMachineAt == offsetof(Elf32_Ehdr, e_machine));
static_assert(kMachineAt + sizeof(uint16_t) == kElfHeaderBytes);

uint16_t HalfAt(std::string_view bytes, size_t at, bool little_endian) {
  const auto first = static_cast<unsigned char>(bytes[at]);
  const auto second = static_cast<unsigned char>(bytes[at + 1]);
  return static_cast<uint16_t>(little_endian ? first | second << 8
                                             : first << 8 | second);
}

}  // namespace

std::string_view ArchitectureOfElf(std::string_view beginning) {
  if (beginning.size() < kElfHeaderBytes ||
      !beginning.starts_with(std::string_view(ELFMAG, SELFMAG))) {
    return "";
  }
  const auto bits = static_cast<unsigned char>(beginning[EI_CLASS]);
  const auto byte_order = static_cast<unsigned char>(beginning[EI_DATA]);
  const bool little_endian = byte_order == ELFDATA2LSB;
  const uint16_t type = HalfAt(beginning, kTypeAt, little_endian);
  if (type != ET_EXEC && type != ET_DYN) return "";
  const uint16_t number = HalfAt(beginning, kMachineAt, little_endian);
  for (const Machine& machine : kMachines) {
    if (machine.number == number && machine.bits == bits &&
        machine.byte_order == byte_order) {
      return machine.architecture;
    }
  }
  return "";
}

}  // namespace kso::content
