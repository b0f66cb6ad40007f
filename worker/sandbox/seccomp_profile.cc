// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/seccomp_profile.h"

#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/base/strings.h"

namespace kso::worker {
namespace {

using nlohmann::json;

// Calls that any argument is allowed of, on every processor that has them.
constexpr std::string_view kAllowed =
    // Files.
    "access chdir chmod chown chown32 close close_range copy_file_range creat "
    "dup dup2 dup3 faccessat faccessat2 fadvise64 fadvise64_64 fallocate "
    "fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 "
    "fdatasync flock fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate "
    "ftruncate64 futimesat getcwd getdents getdents64 ioctl lchown lchown32 "
    "link linkat _llseek lseek lstat lstat64 mkdir mkdirat mknod mknodat "
    "name_to_handle_at newfstatat open openat openat2 pipe pipe2 pread64 "
    "preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink "
    "readlinkat readv rename renameat renameat2 rmdir sendfile sendfile64 "
    "splice stat stat64 statfs statfs64 statx symlink symlinkat sync "
    "sync_file_range syncfs tee truncate truncate64 umask unlink unlinkat "
    "utime utimensat utimensat_time64 utimes vmsplice write writev "
    // Extended attributes.
    "fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr "
    "listxattr listxattrat llistxattr lremovexattr lsetxattr removexattr "
    "removexattrat setxattr setxattrat "
    // Events.
    "epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait "
    "epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 fanotify_mark "
    "inotify_add_watch inotify_init inotify_init1 inotify_rm_watch _newselect "
    "poll ppoll ppoll_time64 pselect6 pselect6_time64 select signalfd "
    "signalfd4 timerfd_create timerfd_gettime timerfd_gettime64 "
    "timerfd_settime timerfd_settime64 "
    // Asynchronous reading and writing.
    "io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 "
    "io_setup io_submit ioprio_get ioprio_set "
    // The network, but for socket.
    "accept accept4 bind connect getpeername getsockname getsockopt listen "
    "recv recvfrom recvmmsg recvmmsg_time64 recvmsg send sendmmsg sendmsg "
    "sendto setsockopt shutdown socketcall socketpair "
    // Memory.
    "brk cachestat madvise map_shadow_stack membarrier memfd_create "
    "memfd_secret mincore mlock mlock2 mlockall mmap mmap2 mprotect mremap "
    "mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect "
    "remap_file_pages "
    // Messages, semaphores and memory between processes.
    "futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake "
    "get_robust_list ipc mq_getsetattr mq_notify mq_open mq_timedreceive "
    "mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl "
    "msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 "
    "set_robust_list shmat shmctl shmdt shmget "
    // Processes and threads, but for clone.
    "arch_prctl capget capset execve execveat exit exit_group fork getcpu "
    "getpgid getpgrp getpid getppid getpriority getrlimit getrusage getsid "
    "get_thread_area gettid pause pidfd_open pidfd_send_signal prctl prlimit64 "
    "process_mrelease process_vm_readv process_vm_writev ptrace rseq "
    "sched_getaffinity sched_getattr sched_getparam sched_get_priority_max "
    "sched_get_priority_min sched_getscheduler sched_rr_get_interval "
    "sched_rr_get_interval_time64 sched_setaffinity sched_setattr "
    "sched_setparam sched_setscheduler sched_yield setpgid setpriority "
    "setrlimit setsid set_thread_area set_tid_address ugetrlimit vfork wait4 "
    "waitid waitpid "
    // Users and groups.
    "getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 "
    "getresgid getresgid32 getresuid getresuid32 getuid getuid32 setfsgid "
    "setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 "
    "setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid "
    "setreuid32 setuid setuid32 "
    // Signals.
    "alarm getitimer kill restart_syscall rt_sigaction rt_sigpending "
    "rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait "
    "rt_sigtimedwait_time64 rt_tgsigqueueinfo setitimer sigaltstack "
    "sigprocmask sigreturn tgkill tkill "
    // Time. What sets a clock takes a capability that no image has.
    "adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 "
    "clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 "
    "gettimeofday nanosleep time timer_create timer_delete timer_getoverrun "
    "timer_gettime timer_gettime64 timer_settime timer_settime64 times "
    // Questions to the kernel, and rights that a program gives up.
    "getrandom landlock_add_rule landlock_create_ruleset "
    "landlock_restrict_self "
    "listmount seccomp statmount sysinfo uname "
    // CAP_SYS_CHROOT, which images have, is what Docker's profile asks for.
    "chroot "
    // Of one processor each.
    "arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint "
    "cacheflush set_tls modify_ldt riscv_hwprobe uretprobe";

// The flags of clone that make a namespace: of mounts, names, messages, users,
// process numbers, networks and cgroups.
constexpr uint64_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
                                    CLONE_NEWUSER | CLONE_NEWPID |
                                    CLONE_NEWNET | CLONE_NEWCGROUP;

// Execution domains (personality(2)) as linux/personality.h has them: Linux,
// 32 bits, one that uname says 2.6 for, both; and the question which it is.
constexpr uint64_t kPersonalities[] = {0x0, 0x8, 0x20000, 0x20008, 0xffffffff};

json Rule(json names, const char* action) {
  return {{"names", std::move(names)}, {"action", action}};
}

json Argument(int index, uint64_t value, const char* comparison) {
  return {{"index", index}, {"value", value}, {"op", comparison}};
}

json AllowWhere(const char* name, json argument) {
  json rule = Rule({name}, "SCMP_ACT_ALLOW");
  rule["args"] = json::array({std::move(argument)});
  return rule;
}

}  // namespace

json SeccompProfile() {
  json rules = json::array();
  const std::vector<std::string> names = absl::StrSplit(ToAbsl(kAllowed), ' ');
  rules.push_back(Rule(names, "SCMP_ACT_ALLOW"));
  // The sockets of virtual machines reach the host past the network.
  rules.push_back(AllowWhere("socket", Argument(0, AF_VSOCK, "SCMP_CMP_NE")));
  for (const uint64_t personality : kPersonalities) {
    rules.push_back(
        AllowWhere("personality", Argument(0, personality, "SCMP_CMP_EQ")));
  }
  json no_namespaces = Argument(0, kNewNamespaces, "SCMP_CMP_MASKED_EQ");
  no_namespaces["valueTwo"] = 0;
  rules.push_back(AllowWhere("clone", std::move(no_namespaces)));
  json clone3 = Rule({"clone3"}, "SCMP_ACT_ERRNO");
  clone3["errnoRet"] = ENOSYS;
  rules.push_back(std::move(clone3));
  return {{"defaultAction", "SCMP_ACT_ERRNO"},
          {"defaultErrnoRet", EPERM},
          // A processor also runs the programs of those before it. A foreign
          // one does no harm, and spares asking which one the runtime is for.
          {"architectures",
           {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32",
            "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"}},
          {"syscalls", std::move(rules)}};
}

}  // namespace kso::worker
