// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/role_tree.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/lists/kubespray_checkout.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/directory.h"
#include "common/files/text_file.h"
#include "common/text/yaml_tree.h"

namespace kso::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostYamlBytes = 4 << 20;
// Tasks files of a role that include each other are followed no deeper.
constexpr int kDeepestInclude = 8;

// The folders of a role that say where its name ends.
const std::set<std::string, std::less<>>& Folders() {
  static const auto* const folders = new std::set<std::string, std::less<>>{
      "defaults", "vars", "tasks", "meta", "templates", "files", "handlers"};
  return *folders;
}

const YamlNode* FieldOf(const YamlNode& map, std::string_view key) {
  for (const auto& [name, value] : map.fields) {
    if (name.scalar == key) return &value;
  }
  return nullptr;
}

// The value of a module's key, by its short name or its full one.
const YamlNode* ModuleOf(const YamlNode& task, std::string_view module) {
  if (const YamlNode* found = FieldOf(task, module)) return found;
  return FieldOf(task, Concat("ansible.builtin.", module));
}

void AddConditions(const YamlNode& node, Conditions& conditions) {
  const YamlNode* when = FieldOf(node, "when");
  if (when == nullptr) return;
  if (when->kind == YamlNode::Kind::kScalar) {
    conditions.push_back(when->scalar);
  }
  for (const YamlNode& item : when->items) conditions.push_back(item.scalar);
}

Conditions With(Conditions conditions, const YamlNode& node) {
  AddConditions(node, conditions);
  return conditions;
}

bool IsBlockKey(std::string_view key) {
  return key == "block" || key == "rescue" || key == "always";
}

void AppendTexts(const YamlNode& node, std::string& text) {
  if (node.kind == YamlNode::Kind::kScalar) {
    absl::StrAppend(&text, node.scalar, "\n");
  }
  for (const YamlNode& item : node.items) AppendTexts(item, text);
  for (const auto& [key, value] : node.fields) {
    if (!IsBlockKey(key.scalar)) AppendTexts(value, text);
  }
}

// The value that a module takes as its only argument, or as one of its keys.
std::string ArgumentOf(const YamlNode& module, std::string_view key) {
  if (module.kind == YamlNode::Kind::kScalar) {
    absl::string_view text = absl::StripAsciiWhitespace(module.scalar);
    absl::ConsumePrefix(&text, Concat(key, "="));
    return std::string(text);
  }
  const YamlNode* value = FieldOf(module, key);
  return value == nullptr ? "" : value->scalar;
}

// Reads the documents of one checkout into a tree.
class Reader {
 public:
  explicit Reader(fs::path checkout) : checkout_(std::move(checkout)) {}

  absl::StatusOr<RoleTree> Read() {
    KSO_RETURN_IF_ERROR(ReadRoles());
    for (const char* folder : {"", "playbooks"}) {
      for (const fs::path& file : VariableFiles(checkout_ / folder)) {
        // Settings of services, such as .gitlab-ci.yml, are no playbooks.
        if (file.filename().string().front() != '.') ReadPlaybook(file);
      }
    }
    std::sort(tree_.unread.begin(), tree_.unread.end());
    return std::move(tree_);
  }

 private:
  absl::Status ReadRoles() {
    std::vector<fs::path> files;
    KSO_RETURN_IF_ERROR(
        ForEachEntryBelow(checkout_ / "roles", [&](const auto& entry) {
          std::error_code error;
          if (entry.is_regular_file(error)) files.push_back(entry.path());
        }));
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) ReadRoleFile(file);
    return absl::OkStatus();
  }

  void ReadRoleFile(const fs::path& file) {
    const fs::path relative = file.lexically_relative(checkout_ / "roles");
    fs::path name;
    std::string folder;
    fs::path rest;
    for (const fs::path& part : relative) {
      // Tests of a role are no part of it.
      if (folder.empty() && (part == "molecule" || part == "tests")) return;
      if (!folder.empty()) {
        rest /= part;
      } else if (Folders().contains(part.string())) {
        folder = part.string();
      } else {
        name /= part;
      }
    }
    if (folder.empty()) return;
    Role& role = tree_.roles[name.string()];
    role.name = name.string();
    if (folder == "tasks" || folder == "handlers") {
      role.contents.push_back(file);
      if (folder == "tasks") ReadTasksFile(file, rest.string(), role);
    } else if (folder == "templates" || folder == "files") {
      role.contents.push_back(file);
    } else if (folder == "meta") {
      ReadMeta(file, role);
    } else if (*rest.begin() == "main" || rest.stem() == "main") {
      (folder == "defaults" ? role.defaults : role.vars).push_back(file);
    }
  }

  std::optional<YamlNode> ReadYaml(const fs::path& file) {
    const auto content = ReadTextFile(file, kMostYamlBytes);
    std::string problem;
    if (content.ok()) {
      auto parsed = ParseYaml(*content, YamlAliases::kNothing);
      if (auto* node = std::get_if<YamlNode>(&parsed)) return std::move(*node);
      problem = std::get<YamlError>(parsed).what;
    } else {
      problem = std::string(content.status().message());
    }
    tree_.unread.push_back(absl::StrCat(
        file.lexically_relative(checkout_).string(), ": ", problem));
    return std::nullopt;
  }

  void ReadMeta(const fs::path& file, const Role& role) {
    const auto document = ReadYaml(file);
    if (!document.has_value()) return;
    if (const YamlNode* uses = FieldOf(*document, "dependencies")) {
      AddRoles(*uses, role.name, {});
    }
  }

  // Adds what a list of roles of a play or of a role's dependencies applies.
  void AddRoles(const YamlNode& list, const std::string& user,
                const Conditions& around) {
    for (const YamlNode& item : list.items) {
      if (item.kind == YamlNode::Kind::kScalar) {
        tree_.uses.push_back({item.scalar, user, around});
        continue;
      }
      const YamlNode* role = FieldOf(item, "role");
      if (role == nullptr) role = FieldOf(item, "name");
      if (role == nullptr) continue;
      tree_.uses.push_back({role->scalar, user, With(around, item)});
    }
  }

  void ReadPlaybook(const fs::path& file) {
    const auto document = ReadYaml(file);
    if (!document.has_value()) return;
    for (const YamlNode& play : document->items) {
      Role nobody;
      if (const YamlNode* roles = FieldOf(play, "roles")) {
        AddRoles(*roles, "", {});
      }
      for (const char* tasks : {"tasks", "pre_tasks", "post_tasks"}) {
        const YamlNode* list = FieldOf(play, tasks);
        if (list != nullptr) ReadTasks(*list, "", {}, nobody);
      }
    }
  }

  void ReadTasksFile(const fs::path& file, const std::string& name,
                     Role& role) {
    const auto document = ReadYaml(file);
    if (document.has_value()) ReadTasks(*document, name, {}, role);
  }

  void ReadTasks(const YamlNode& list, const std::string& file,
                 const Conditions& around, Role& role) {
    for (const YamlNode& task : list.items) {
      const Conditions conditions = With(around, task);
      for (const auto& [key, value] : task.fields) {
        if (IsBlockKey(key.scalar)) ReadTasks(value, file, conditions, role);
      }
      for (const char* module : {"include_role", "import_role"}) {
        const YamlNode* found = ModuleOf(task, module);
        if (found == nullptr) continue;
        tree_.uses.push_back(
            {ArgumentOf(*found, "name"), role.name, conditions});
      }
      for (const char* module : {"include_tasks", "import_tasks", "include"}) {
        const YamlNode* found = ModuleOf(task, module);
        if (found == nullptr) continue;
        role.includes.push_back({file, ArgumentOf(*found, "file"), conditions});
      }
      RoleTask& added = role.tasks.emplace_back();
      added.file = file;
      added.conditions = conditions;
      AppendTexts(task, added.text);
    }
  }

  const fs::path checkout_;
  RoleTree tree_;
};

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '_' || c == '-';
}

// Returns whether the text names a file: its name without ".j2" and without
// what stands behind its last point, not as a part of a longer name.
bool Names(std::string_view text, std::string_view stem) {
  for (size_t at = text.find(stem); at != std::string_view::npos;
       at = text.find(stem, at + 1)) {
    const size_t end = at + stem.size();
    if ((at == 0 || !IsNameCharacter(text[at - 1])) &&
        (end == text.size() || !IsNameCharacter(text[end]))) {
      return true;
    }
  }
  return false;
}

std::string StemOf(const fs::path& file) {
  std::string name = file.filename().string();
  if (absl::EndsWith(name, ".j2")) name.resize(name.size() - 3);
  const size_t point = name.rfind('.');
  return point == std::string::npos || point == 0 ? name
                                                  : name.substr(0, point);
}

// The conditions under which a tasks file of the role runs.
std::vector<Conditions> ConditionsOfTasks(const Role& role,
                                          const std::string& file, int depth) {
  std::vector<Conditions> found;
  for (const TasksInclude& include : role.includes) {
    // Names are relative to the file that includes, or to the folder.
    const std::string beside =
        (fs::path(include.from).parent_path() / include.to)
            .lexically_normal()
            .string();
    if (include.to != file && beside != file) continue;
    if (include.from == file || depth == 0) continue;
    for (Conditions& outer : ConditionsOfTasks(role, include.from, depth - 1)) {
      outer.insert(outer.end(), include.conditions.begin(),
                   include.conditions.end());
      found.push_back(std::move(outer));
    }
  }
  // Whatever nobody includes by its name may run at any time.
  if (found.empty()) found.emplace_back();
  return found;
}

}  // namespace

absl::StatusOr<RoleTree> ReadRoleTree(const fs::path& checkout) {
  return Reader(checkout).Read();
}

std::vector<Conditions> ConditionsOfFile(const Role& role,
                                         const fs::path& file) {
  const auto tasks = std::find(file.begin(), file.end(), fs::path("tasks"));
  if (tasks != file.end()) {
    fs::path name;
    for (auto part = std::next(tasks); part != file.end(); ++part) {
      name /= *part;
    }
    return ConditionsOfTasks(role, name.string(), kDeepestInclude);
  }
  std::vector<Conditions> found;
  const std::string stem = StemOf(file);
  for (const RoleTask& task : role.tasks) {
    if (!Names(task.text, stem)) continue;
    for (Conditions& conditions :
         ConditionsOfTasks(role, task.file, kDeepestInclude)) {
      conditions.insert(conditions.end(), task.conditions.begin(),
                        task.conditions.end());
      found.push_back(std::move(conditions));
    }
  }
  return found;
}

}  // namespace kso::cli
