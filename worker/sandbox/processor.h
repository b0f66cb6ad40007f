// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_PROCESSOR_H_
#define KSO_WORKER_SANDBOX_PROCESSOR_H_

#include <string>
#include <string_view>

namespace kso::worker {

// The architecture of this machine's processor, by OCI's name for it ("amd64"),
// also where this program runs under an emulator, which shows it another one:
// uname(2), /proc/cpuinfo and /proc/self say then what is emulated.
//
// The kernel keeps the file that it runs for each thread (proc(5),
// /proc/thread-self/exe). Under qemu and its like that is the emulator, a
// program for the processor; they put the emulated program in its place under
// the name of /proc/self/exe only. Where there is no /proc, it is the
// architecture that this program was compiled for.
std::string ProcessorArchitecture();

// The same, as the file at `thread_exe` says.
std::string ProcessorArchitectureFrom(const std::string& thread_exe);

// The architecture that this program was compiled for.
std::string_view CompiledArchitecture();

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_PROCESSOR_H_
