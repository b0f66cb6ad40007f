#include "tests/fakes/docker_registry.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace kso::testing {
namespace {

constexpr char kProgram[] = "/usr/bin/docker-registry";
constexpr absl::Duration kStartTimeout = absl::Seconds(20);
constexpr absl::Duration kPollInterval = absl::Milliseconds(10);

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A port that nobody uses at the moment.
int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

bool Answers(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  const int result =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  close(fd);
  return result == 0;
}

void WriteConfig(const std::filesystem::path& file,
                 const std::filesystem::path& root, const std::string& host) {
  std::ofstream(file) << "version: 0.1\n"
                      << "log: {level: error}\n"
                      << "storage:\n"
                      << "  filesystem: {rootdirectory: " << root << "}\n"
                      << "  delete: {enabled: true}\n"
                      << "http: {addr: \"" << host << "\"}\n";
}

pid_t Spawn(const std::filesystem::path& config) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  // It must not outlive a test that crashes.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int null = open("/dev/null", O_RDWR);
  dup2(null, STDOUT_FILENO);
  dup2(null, STDERR_FILENO);
  execl(kProgram, kProgram, "serve", config.c_str(), nullptr);
  _exit(127);
}

}  // namespace

absl::StatusOr<std::unique_ptr<DockerRegistry>> DockerRegistry::Start() {
  if (access(kProgram, X_OK) != 0) {
    return absl::NotFoundError(
        absl::StrCat(kProgram, " is missing: install docker-registry"));
  }
  const char* base = std::getenv("TEST_TMPDIR");
  std::string pattern =
      absl::StrCat(base == nullptr ? "/tmp" : base, "/registry-XXXXXX");
  if (mkdtemp(pattern.data()) == nullptr) {
    return absl::InternalError(absl::StrCat("cannot make ", pattern));
  }
  const std::filesystem::path directory = pattern;
  const int port = FreePort();
  const std::string host = absl::StrCat("127.0.0.1:", port);
  const std::filesystem::path config = directory / "config.yml";
  WriteConfig(config, directory / "data", host);
  std::unique_ptr<DockerRegistry> registry(
      new DockerRegistry(directory, host, Spawn(config)));
  const absl::Time deadline = absl::Now() + kStartTimeout;
  while (!Answers(port)) {
    if (absl::Now() > deadline ||
        waitpid(registry->pid_, nullptr, WNOHANG) != 0) {
      return absl::UnavailableError("docker-registry did not start");
    }
    absl::SleepFor(kPollInterval);
  }
  return registry;
}

DockerRegistry::~DockerRegistry() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  std::error_code error;
  std::filesystem::remove_all(directory_, error);
}

}  // namespace kso::testing
