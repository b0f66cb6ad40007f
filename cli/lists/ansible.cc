// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/ansible.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/lists/render_plugin.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/directory.h"
#include "common/files/file_io.h"
#include "common/files/remove_tree.h"
#include "common/files/text_file.h"
#include "common/run/subprocess.h"
#include "common/text/printable_text.h"

namespace kso::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostAnswerBytes = 64 << 20;
constexpr size_t kShownOutput = 4000;

// Kubespray's playbooks are run with such a configuration, and lists would be
// others with a different one. The user's own is not read, so that what it says
// about connections, caches and callbacks has no effect.
constexpr char kConfiguration[] =
    "[defaults]\n"
    "force_valid_group_names = ignore\n"
    "inventory_ignore_extensions = ~, .orig, .bak, .cfg, .retry, .pyc, .pyo, "
    ".creds, .gpg\n"
    "[inventory]\n"
    "ignore_patterns = artifacts, credentials\n";

constexpr char kOwnInventory[] =
    "[kube_control_plane]\n"
    "node1\n"
    "[kube_node]\n"
    "node1\n"
    "[etcd]\n"
    "node1\n"
    "[k8s_cluster:children]\n"
    "kube_control_plane\n"
    "kube_node\n";

// Roles are named and skipped: that makes their variables known, as Kubespray's
// own generator of lists does. Facts are given, not gathered: an architecture
// is not the one of the machine that this runs on.
constexpr char kPlaybookHead[] =
    "- name: Choose hosts\n"
    "  hosts: localhost\n"
    "  connection: local\n"
    "  gather_facts: false\n"
    "  become: false\n"
    "  tasks:\n"
    "    - name: Choose hosts that stand for all\n"
    "      ansible.builtin.add_host:\n"
    "        name: \"{{ item }}\"\n"
    "        groups: kso_chosen\n"
    "      loop: \"{{ query('kso_render', 'hosts') }}\"\n"
    "- name: Render\n"
    "  hosts: kso_chosen\n"
    "  gather_facts: false\n"
    "  become: false\n"
    "  any_errors_fatal: true\n"
    "  serial: 1\n"
    "  roles:\n";

constexpr char kPlaybookTail[] =
    "  tasks:\n"
    "    - name: Render for each architecture\n"
    "      ansible.builtin.include_tasks: render.yml\n"
    "      loop: [x86_64, aarch64]\n"
    "      loop_control:\n"
    "        loop_var: kso_architecture\n";

constexpr char kRenderTasks[] =
    "- name: Give facts\n"
    "  ansible.builtin.set_fact:\n"
    "    ansible_architecture: \"{{ kso_architecture }}\"\n"
    "    ansible_system: Linux\n"
    "    ansible_os_family: Debian\n"
    "    ansible_distribution: Debian\n"
    "    ansible_distribution_major_version: \"12\"\n"
    "    ansible_distribution_version: \"12\"\n"
    "    ansible_distribution_release: bookworm\n"
    "    ansible_kernel: 6.1.0\n"
    "    ansible_hostname: \"{{ inventory_hostname }}\"\n"
    "    ansible_nodename: \"{{ inventory_hostname }}\"\n"
    "    cacheable: true\n"
    "- name: Render\n"
    "  ansible.builtin.debug:\n"
    "    msg: \"{{ lookup('kso_render', kso_architecture) }}\"\n";

// A new directory of this user alone, gone at the end of its scope.
class ScratchDirectory {
 public:
  static absl::StatusOr<ScratchDirectory> Make() {
    std::error_code error;
    std::string pattern =
        (fs::temp_directory_path(error) / "ksoctl-lists-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      return FileError(errno, "make a directory", pattern);
    }
    return ScratchDirectory(pattern);
  }
  ScratchDirectory(ScratchDirectory&& other) noexcept
      : path_(std::exchange(other.path_, {})) {}
  ScratchDirectory& operator=(ScratchDirectory&&) = delete;
  ~ScratchDirectory() {
    if (!path_.empty()) (void)RemoveTree(path_);
  }

  const fs::path& path() const { return path_; }

  absl::Status Write(const std::string& name, std::string_view content) const {
    KSO_RETURN_IF_ERROR(MakeDirectories((path_ / name).parent_path()));
    return ReplaceFile(path_ / name,
                       [&](ByteSink& sink) { return sink.Write(content); });
  }

 private:
  explicit ScratchDirectory(fs::path path) : path_(std::move(path)) {}

  fs::path path_;
};

// How to get the right one; the release says itself what it needs.
std::string HowToInstall(const KubesprayCheckout& checkout) {
  const std::string venv =
      absl::StrCat("ansible-for-kubespray", checkout.version.empty() ? "" : "-",
                   checkout.version);
  return absl::StrCat(
      "Make one from the release's own requirements, and name it:\n"
      "  python3 -m venv ",
      venv, "\n  ", venv, "/bin/pip install -r ",
      (checkout.directory / "requirements.txt").string(),
      "\nThen add --ansible ", venv, "/bin/ansible-playbook");
}

std::string Wanted(const KubesprayCheckout& checkout) {
  const std::string release =
      absl::StrCat("Kubespray ", checkout.version.empty() ? "of this checkout"
                                                          : checkout.version);
  if (checkout.least_ansible.empty()) return release;
  std::string wanted = absl::StrCat(release, " needs ansible-core ",
                                    checkout.least_ansible, " or later");
  if (!checkout.ansible_limit.empty()) {
    absl::StrAppend(&wanted, ", below ", checkout.ansible_limit);
  }
  return wanted;
}

// The environment of Ansible: nothing of it is written outside of `scratch`.
std::vector<std::string> Environment(const KubesprayCheckout& checkout,
                                     const fs::path& scratch) {
  const auto in = [&](const char* name, const char* file) {
    return absl::StrCat(name, "=", (scratch / file).string());
  };
  const auto of = [&](const char* name, const char* folder) {
    return absl::StrCat(name, "=", (checkout.directory / folder).string());
  };
  return {
      in("ANSIBLE_CONFIG", "ansible.cfg"),
      in("ANSIBLE_HOME", "home"),
      in("ANSIBLE_LOCAL_TEMP", "tmp"),
      in("ANSIBLE_LOOKUP_PLUGINS", "plugins"),
      of("ANSIBLE_ROLES_PATH", "roles"),
      of("ANSIBLE_LIBRARY", "library"),
      "ANSIBLE_CACHE_PLUGIN=memory",
      "ANSIBLE_RETRY_FILES_ENABLED=false",
      "ANSIBLE_BECOME=false",
      "ANSIBLE_STDOUT_CALLBACK=default",
      "ANSIBLE_DISPLAY_SKIPPED_HOSTS=false",
      "ANSIBLE_DEPRECATION_WARNINGS=false",
      "ANSIBLE_LOCALHOST_WARNING=false",
      "ANSIBLE_NOCOLOR=true",
      "ANSIBLE_FORCE_COLOR=false",
      "ANSIBLE_JINJA2_NATIVE=false",
      // From 2.19 on, facts and conditions that are no booleans are errors.
      "ANSIBLE_ALLOW_BROKEN_CONDITIONALS=true",
      "PYTHONDONTWRITEBYTECODE=1",
      "LC_ALL=C.UTF-8",
      in("KSO_LISTS_REQUEST", "request.json"),
      in("KSO_LISTS_ANSWERS", "answers"),
  };
}

absl::Status WriteInputs(const ScratchDirectory& scratch,
                         const KubesprayCheckout& checkout,
                         const std::string& request) {
  std::string playbook = kPlaybookHead;
  for (const std::string& role : checkout.roles) {
    absl::StrAppend(&playbook, "    - role: ", role, "\n      when: false\n");
  }
  absl::StrAppend(&playbook, kPlaybookTail);
  KSO_RETURN_IF_ERROR(scratch.Write("playbook.yml", playbook));
  KSO_RETURN_IF_ERROR(scratch.Write("render.yml", kRenderTasks));
  KSO_RETURN_IF_ERROR(scratch.Write("ansible.cfg", kConfiguration));
  KSO_RETURN_IF_ERROR(scratch.Write("hosts", kOwnInventory));
  KSO_RETURN_IF_ERROR(scratch.Write("plugins/kso_render.py", kRenderPlugin));
  KSO_RETURN_IF_ERROR(scratch.Write("request.json", request));
  return MakeDirectories(scratch.path() / "answers");
}

absl::StatusOr<std::vector<RenderAnswer>> ReadAnswers(
    const fs::path& directory) {
  std::vector<fs::path> files;
  KSO_RETURN_IF_ERROR(ForEachEntry(
      directory, [&](const auto& entry) { files.push_back(entry.path()); }));
  std::sort(files.begin(), files.end());
  std::vector<RenderAnswer> answers;
  for (const fs::path& file : files) {
    KSO_ASSIGN_OR_RETURN(const std::string json,
                         ReadTextFile(file, kMostAnswerBytes));
    KSO_ASSIGN_OR_RETURN(answers.emplace_back(), ParseRenderAnswer(json));
  }
  return answers;
}

// The end of what Ansible said, where its error is.
std::string EndOf(std::string_view output) {
  if (output.size() > kShownOutput) {
    output.remove_prefix(output.size() - kShownOutput);
  }
  return PrintableLines(output);
}

}  // namespace

int CompareVersions(std::string_view a, std::string_view b) {
  const std::vector<absl::string_view> left = absl::StrSplit(ToAbsl(a), '.');
  const std::vector<absl::string_view> right = absl::StrSplit(ToAbsl(b), '.');
  for (size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    int l = 0;
    int r = 0;
    if (i >= left.size() || !absl::SimpleAtoi(left[i], &l)) l = 0;
    if (i >= right.size() || !absl::SimpleAtoi(right[i], &r)) r = 0;
    if (l != r) return l < r ? -1 : 1;
  }
  return 0;
}

std::string ParseAnsibleVersion(std::string_view output) {
  // "ansible-playbook [core 2.14.18]", and "ansible-playbook 2.9.27" before.
  const std::string_view line = output.substr(0, output.find('\n'));
  const size_t begin = line.find_first_of("0123456789");
  if (begin == std::string_view::npos) return "";
  const std::string_view rest = line.substr(begin);
  std::string_view version =
      rest.substr(0, rest.find_first_not_of("0123456789."));
  // "2.20.0.dev0" is of 2.20.0.
  while (version.ends_with('.')) version.remove_suffix(1);
  return std::string(version);
}

absl::StatusOr<AnsibleProgram> FindAnsible(const KubesprayCheckout& checkout,
                                           const std::string& named,
                                           bool any_version) {
  const std::string wanted = Wanted(checkout);
  std::optional<std::string> path = named;
  if (named.empty()) path = FindProgram("ansible-playbook");
  if (!path.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is no ansible-playbook in $PATH; ", wanted, ". ",
                     HowToInstall(checkout)));
  }
  if (named.find('/') == std::string::npos && !named.empty()) {
    path = FindProgram(named).value_or(named);
  }
  const auto run = RunProgram({*path, "--version"}, {.keep_errors = true});
  const std::string version =
      run.ok() && run->exit_status == 0 ? ParseAnsibleVersion(run->output) : "";
  if (version.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("'", *path, "' is no ansible-playbook that runs",
                     run.ok() ? absl::StrCat(": ", EndOf(run->output))
                              : absl::StrCat(": ", run.status().message()),
                     "; ", wanted, ". ", HowToInstall(checkout)));
  }
  if (!any_version && !checkout.least_ansible.empty() &&
      CompareVersions(version, checkout.least_ansible) < 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        *path, " is ansible-core ", version, ", which is too old: ", wanted,
        ". ", HowToInstall(checkout)));
  }
  return AnsibleProgram{*path, version};
}

absl::StatusOr<std::vector<RenderAnswer>> RenderWithAnsible(
    const AnsibleProgram& ansible, const KubesprayCheckout& checkout,
    const std::string& request, const RenderOptions& options) {
  KSO_ASSIGN_OR_RETURN(const ScratchDirectory scratch,
                       ScratchDirectory::Make());
  KSO_RETURN_IF_ERROR(WriteInputs(scratch, checkout, request));
  const auto env = FindProgram("env");
  if (!env.has_value()) {
    return absl::FailedPreconditionError("there is no `env` on this machine");
  }
  std::vector<std::string> argv = {*env, "-u", "ANSIBLE_LOG_PATH", "-u",
                                   "ANSIBLE_CALLBACKS_ENABLED"};
  for (std::string& setting : Environment(checkout, scratch.path())) {
    argv.push_back(std::move(setting));
  }
  argv.push_back(ansible.path);
  for (const std::string& inventory : options.inventories) {
    argv.insert(argv.end(), {"-i", inventory});
  }
  if (options.inventories.empty()) {
    argv.insert(argv.end(), {"-i", (scratch.path() / "hosts").string()});
  }
  for (const std::string& variables : options.extra_variables) {
    argv.insert(argv.end(), {"-e", variables});
  }
  // Where some of Kubespray's defaults would make files, were they rendered.
  argv.insert(argv.end(),
              {"-e", absl::StrCat("credentials_dir=",
                                  (scratch.path() / "credentials").string())});
  argv.push_back((scratch.path() / "playbook.yml").string());
  KSO_ASSIGN_OR_RETURN(
      const RunResult run,
      RunProgram(argv, {.keep_errors = true, .ends_with_thread = true}));
  if (run.exit_status != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("ansible-playbook (", ansible.version,
                     ") could not render Kubespray's variables; it says\n",
                     EndOf(run.output)));
  }
  KSO_ASSIGN_OR_RETURN(std::vector<RenderAnswer> answers,
                       ReadAnswers(scratch.path() / "answers"));
  if (answers.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the inventory has no host that downloads anything; Ansible says\n",
        EndOf(run.output)));
  }
  return answers;
}

}  // namespace kso::cli
