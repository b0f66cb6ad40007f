// SPDX-License-Identifier: Apache-2.0
// kso-liar: a worker that packs other bytes than it says. It fetches honestly,
// and so knows what to say; what it pushes has one file replaced. For the
// end-to-end tests.

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/status_macros.h"
#include "common/site.h"
#include "tests/harness/harness_worker.h"

namespace kso::testing {
namespace {

// The task with its first file replaced.
v1::Task WithAnotherFile(v1::Task task) {
  for (v1::LayerMember& member :
       *task.mutable_make_layer()->mutable_members()) {
    if (!member.has_file()) continue;
    member.set_content("not what upstream has");
    break;
  }
  return task;
}

absl::StatusOr<v1::TaskResult> Lie(const v1::Task& task,
                                   worker::TaskControl& control,
                                   worker::TaskExecutor& honest) {
  KSO_ASSIGN_OR_RETURN(v1::TaskResult told, honest.Execute(task, control));
  if (task.make_layer().image() != site::kFilesImage) return told;
  KSO_ASSIGN_OR_RETURN(const v1::TaskResult pushed,
                       honest.Execute(WithAnotherFile(task), control));
  v1::MadeLayer& made = *told.mutable_made_layer();
  *made.mutable_layer() = pushed.made_layer().layer();
  made.set_diff_id(pushed.made_layer().diff_id());
  return told;
}

int Main(const std::string& coordinator, const std::string& directory) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::filesystem::create_directories(directory);
  const auto worker = HarnessWorker::Start({.name = "liar",
                                            .architecture = "amd64",
                                            .coordinator = coordinator,
                                            .directory = directory,
                                            .execute = &Lie,
                                            .can_execute = false});
  if (!worker.ok()) {
    std::cerr << worker.status() << "\n";
    return EXIT_FAILURE;
  }
  int signal = 0;
  sigwait(&signals, &signal);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace kso::testing

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: kso-liar HOST:PORT CACHE_DIR\n";
    return 2;
  }
  return kso::testing::Main(argv[1], argv[2]);
}
