// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/seccomp_profile.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace kso::worker {
namespace {

using nlohmann::json;

// The rules of each name, in order.
std::map<std::string, std::vector<json>> Rules() {
  std::map<std::string, std::vector<json>> rules;
  const json profile = SeccompProfile();
  for (const json& rule : profile["syscalls"]) {
    for (const std::string name : rule["names"]) rules[name].push_back(rule);
  }
  return rules;
}

TEST(SeccompProfileTest, WhatIsNotNamedFails) {
  const json profile = SeccompProfile();
  EXPECT_EQ(profile["defaultAction"], "SCMP_ACT_ERRNO");
  EXPECT_EQ(profile["defaultErrnoRet"], EPERM);
}

// Ways to the kernel that no server needs, some of which were ways out.
TEST(SeccompProfileTest, WaysOutAreShut) {
  const auto rules = Rules();
  for (const char* name : {"add_key",
                           "keyctl",
                           "request_key",
                           "bpf",
                           "perf_event_open",
                           "mount",
                           "umount",
                           "umount2",
                           "move_mount",
                           "open_tree",
                           "fsopen",
                           "fsmount",
                           "mount_setattr",
                           "pivot_root",
                           "setns",
                           "unshare",
                           "userfaultfd",
                           "kexec_load",
                           "kexec_file_load",
                           "init_module",
                           "finit_module",
                           "delete_module",
                           "open_by_handle_at",
                           "io_uring_setup",
                           "io_uring_enter",
                           "io_uring_register",
                           "reboot",
                           "swapon",
                           "swapoff",
                           "syslog",
                           "acct",
                           "quotactl",
                           "settimeofday",
                           "clock_settime",
                           "iopl",
                           "ioperm",
                           "kcmp",
                           "nfsservctl",
                           "lookup_dcookie",
                           "fanotify_init",
                           "sethostname",
                           "setdomainname",
                           "vhangup",
                           "move_pages",
                           "mbind",
                           "set_mempolicy",
                           "pidfd_getfd",
                           "process_madvise",
                           "uselib",
                           "vm86",
                           "ustat",
                           "sysfs",
                           "_sysctl"}) {
    EXPECT_EQ(rules.count(name), 0u) << name;
  }
}

TEST(SeccompProfileTest, WhatServersNeedIsOpen) {
  const auto rules = Rules();
  for (const char* name :
       {"accept4",        "bind",         "brk",
        "chdir",          "chown",        "clock_gettime",
        "close",          "connect",      "dup2",
        "dup3",           "epoll_pwait",  "epoll_wait",
        "eventfd2",       "execve",       "exit_group",
        "fcntl",          "fork",         "fstat",
        "futex",          "getdents64",   "getrandom",
        "gettid",         "ioctl",        "io_submit",
        "kill",           "listen",       "lseek",
        "madvise",        "mmap",         "mprotect",
        "munmap",         "nanosleep",    "newfstatat",
        "openat",         "pipe2",        "ppoll",
        "prctl",          "pread64",      "prlimit64",
        "pwrite64",       "read",         "readlinkat",
        "recvmsg",        "rseq",         "rt_sigaction",
        "rt_sigprocmask", "rt_sigreturn", "sched_getaffinity",
        "sendfile",       "sendmsg",      "set_robust_list",
        "setgroups",      "setresuid",    "setsockopt",
        "sigaltstack",    "statx",        "tgkill",
        "uname",          "wait4",        "write",
        "writev",         "arch_prctl",   "faccessat2",
        "membarrier"}) {
    ASSERT_EQ(rules.count(name), 1u) << name;
    EXPECT_EQ(rules.at(name)[0]["action"], "SCMP_ACT_ALLOW") << name;
    EXPECT_FALSE(rules.at(name)[0].contains("args")) << name;
  }
}

TEST(SeccompProfileTest, EachNameIsThereOnceButForItsArguments) {
  for (const auto& [name, rules] : Rules()) {
    EXPECT_NE(name, "");
    EXPECT_EQ(name.find(' '), std::string::npos);
    EXPECT_EQ(rules.size(), name == "personality" ? 5u : 1u) << name;
  }
}

TEST(SeccompProfileTest, AProcessIsMadeInNoNewNamespace) {
  const auto rules = Rules();
  const json clone = rules.at("clone")[0]["args"][0];
  EXPECT_EQ(clone["op"], "SCMP_CMP_MASKED_EQ");
  EXPECT_EQ(clone["valueTwo"], 0);
  const auto mask = clone["value"].get<uint64_t>();
  for (const uint64_t flag :
       {CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID,
        CLONE_NEWNET, CLONE_NEWCGROUP}) {
    EXPECT_EQ(mask & flag, flag);
  }
  for (const uint64_t flag : {CLONE_VM, CLONE_THREAD, CLONE_SETTLS}) {
    EXPECT_EQ(mask & flag, 0u);
  }
  // Its flags are in memory, where a filter cannot look: a C library goes on to
  // clone only when it seems not to be there.
  EXPECT_EQ(rules.at("clone3")[0]["errnoRet"], ENOSYS);
}

TEST(SeccompProfileTest, KnowsBothProcessorsAndTheirFormerPrograms) {
  const json profile = SeccompProfile();
  for (const char* name : {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86",
                           "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"}) {
    EXPECT_NE(std::find(profile["architectures"].begin(),
                        profile["architectures"].end(), name),
              profile["architectures"].end())
        << name;
  }
}

}  // namespace
}  // namespace kso::worker
