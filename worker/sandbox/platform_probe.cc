// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/platform_probe.h"

#include <elf.h>
#include <sys/stat.h>

#include <cstring>
#include <fstream>
#include <system_error>

#include "common/base/strings.h"
#include "common/oci/platform.h"
#include "common/run/subprocess.h"
#include "worker/sandbox/process.h"
#include "worker/sandbox/processor.h"

namespace kso::worker {
namespace {

// exit(0) by the kernel's own calling convention (syscall(2)).
constexpr unsigned char kAmd64Code[] = {
    0x31, 0xff,                    // xor edi, edi
    0xb8, 0x3c, 0x00, 0x00, 0x00,  // mov eax, 60 (exit)
    0x0f, 0x05,                    // syscall
};
constexpr unsigned char kArm64Code[] = {
    0x00, 0x00, 0x80, 0xd2,  // mov x0, #0
    0xa8, 0x0b, 0x80, 0xd2,  // mov x8, #93 (exit)
    0x01, 0x00, 0x00, 0xd4,  // svc #0
};

// The smallest program that every kernel and emulator loads: an ELF header
// (elf(5)), one loadable segment, and the code.
std::string MakeElf(Elf64_Half machine, std::string_view code) {
  constexpr Elf64_Addr kBase = 0x400000;
  // Some arm64 kernels have pages of 64 KiB.
  constexpr Elf64_Xword kAlignment = 0x10000;
  constexpr size_t kHeaders = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);

  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = machine;
  header.e_version = EV_CURRENT;
  header.e_entry = kBase + kHeaders;
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;

  Elf64_Phdr segment = {};
  segment.p_type = PT_LOAD;
  segment.p_flags = PF_R | PF_X;
  segment.p_vaddr = kBase;
  segment.p_paddr = kBase;
  segment.p_filesz = kHeaders + code.size();
  segment.p_memsz = segment.p_filesz;
  segment.p_align = kAlignment;

  std::string elf(reinterpret_cast<const char*>(&header), sizeof(header));
  elf.append(reinterpret_cast<const char*>(&segment), sizeof(segment));
  elf.append(code);
  return elf;
}

template <size_t kSize>
std::string_view AsText(const unsigned char (&code)[kSize]) {
  return {reinterpret_cast<const char*>(code), kSize};
}

}  // namespace

v1::Platform OwnPlatform() {
  v1::Platform platform;
  platform.set_os("linux");
  platform.set_architecture(std::string(CompiledArchitecture()));
  return platform;
}

bool RunsNatively() {
  return CompiledArchitecture() == ProcessorArchitecture();
}

std::string ProbeProgram(std::string_view architecture) {
  if (architecture == "amd64") return MakeElf(EM_X86_64, AsText(kAmd64Code));
  if (architecture == "arm64") return MakeElf(EM_AARCH64, AsText(kArm64Code));
  return "";
}

absl::StatusOr<v1::PlatformSupport> ProbePlatform(
    const v1::Platform& platform, const std::filesystem::path& directory) {
  const std::string name = oci::FormatPlatform(platform);
  const std::string program = ProbeProgram(platform.architecture());
  if (platform.os() != "linux" || program.empty()) {
    return absl::InvalidArgumentError(Concat(
        "a worker cannot offer ", name, ", only linux/amd64 and linux/arm64"));
  }
  v1::PlatformSupport support;
  *support.mutable_platform() = platform;
  const std::string processor = ProcessorArchitecture();
  support.set_native(platform.architecture() == processor);

  const std::filesystem::path path =
      directory / Concat("probe-", platform.architecture());
  std::ofstream(path, std::ios::binary) << program;
  chmod(path.c_str(), 0700);
  TaskControl control;
  const absl::StatusOr<RunResult> result = RunCommand({path.string()}, control);
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  if (result.ok() && result->exit_status == 0) return support;
  return absl::FailedPreconditionError(Concat(
      "this machine runs ", name,
      " programs neither natively (its processor is ", processor,
      ") nor by emulation (no interpreter for them is registered with "
      "binfmt_misc); start the worker on a machine of that kind, or on Debian: "
      "apt-get install qemu-user-static binfmt-support"));
}

}  // namespace kso::worker
