// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/role_tree.h"

#include <fstream>

#include "absl/status/statusor.h"
#include "cli/lists/kubespray_checkout.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class RoleTreeTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& content) {
    const auto file = directory_.path() / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content;
  }

  std::filesystem::path File(const std::string& name) const {
    return directory_.path() / name;
  }

  RoleTree Tree() {
    auto tree = ReadRoleTree(directory_.path());
    EXPECT_TRUE(tree.ok()) << tree.status();
    return tree.ok() ? *std::move(tree) : RoleTree();
  }

  testing::TempDirectory directory_;
};

TEST_F(RoleTreeTest, FindsARolesFilesHoweverDeepItsNameIs) {
  Write("roles/apps/csi/one/defaults/main.yml", "a: 1\n");
  Write("roles/apps/csi/one/vars/main/x.yml", "b: 1\n");
  Write("roles/apps/csi/one/vars/Debian.yml", "c: 1\n");
  Write("roles/apps/csi/one/templates/deep/one.yml.j2", "image: a/b:1\n");
  Write("roles/apps/csi/one/molecule/default/templates/no.j2", "image: a\n");
  const RoleTree tree = Tree();
  const auto role = tree.roles.find("apps/csi/one");
  ASSERT_NE(role, tree.roles.end());
  EXPECT_THAT(role->second.defaults, SizeIs(1));
  EXPECT_THAT(role->second.vars, SizeIs(1)) << "only what Ansible loads itself";
  EXPECT_THAT(role->second.contents, SizeIs(1));
}

TEST_F(RoleTreeTest, SaysWhoAppliesARoleAndWhen) {
  Write("playbooks/cluster.yml",
        "- hosts: all\n"
        "  roles:\n"
        "    - base\n"
        "    - {role: apps, when: apps_enabled}\n"
        "  tasks:\n"
        "    - include_role:\n"
        "        name: late\n");
  Write("roles/apps/meta/main.yml",
        "dependencies:\n"
        "  - role: apps/one\n"
        "    when:\n"
        "      - one_enabled\n"
        "      - inventory_hostname == groups['x'][0]\n");
  Write("roles/apps/tasks/main.yml",
        "- when: outer\n"
        "  block:\n"
        "    - ansible.builtin.import_role: name=apps/two\n"
        "      when: inner\n");
  Write(".ci.yml", "- hosts: all\n  roles: [none]\n");
  std::vector<std::string> found;
  for (const RoleUse& use : Tree().uses) {
    std::string text = use.user + ">" + use.role;
    for (const std::string& condition : use.conditions) {
      text += " " + condition;
    }
    found.push_back(text);
  }
  EXPECT_THAT(
      found,
      UnorderedElementsAre(
          ">base", ">apps apps_enabled", ">late",
          "apps>apps/one one_enabled inventory_hostname == groups['x'][0]",
          "apps>apps/two outer inner"));
}

TEST_F(RoleTreeTest, TellsWhichTasksUseAFile) {
  Write("roles/r/tasks/main.yml",
        "- import_tasks: net.yml\n"
        "  when: net_enabled\n"
        "- template:\n"
        "    src: \"{{ item.file }}.j2\"\n"
        "  with_items:\n"
        "    - {name: dns, file: dns-server.yml}\n"
        "  when: dns_enabled\n");
  Write("roles/r/tasks/net.yml",
        "- template:\n"
        "    src: net.yml.j2\n"
        "  when: other\n");
  Write("roles/r/templates/dns-server.yml.j2", "");
  Write("roles/r/templates/dns.yml.j2", "");
  Write("roles/r/templates/net.yml.j2", "");
  Write("roles/r/templates/unnamed.yml.j2", "");
  const RoleTree tree = Tree();
  const Role& role = tree.roles.find("r")->second;
  const auto of = [&](const char* name) {
    return ConditionsOfFile(role, File("roles/r/templates") / name);
  };
  EXPECT_THAT(of("dns-server.yml.j2"), ElementsAre(ElementsAre("dns_enabled")));
  EXPECT_THAT(of("unnamed.yml.j2"), IsEmpty());
  EXPECT_THAT(of("net.yml.j2"),
              ::testing::Contains(ElementsAre("net_enabled", "other")));
  EXPECT_THAT(ConditionsOfFile(role, File("roles/r/tasks/net.yml")),
              ElementsAre(ElementsAre("net_enabled")));
}

TEST_F(RoleTreeTest, FollowsNoTasksInCircles) {
  Write("roles/r/tasks/main.yml", "- include_tasks: a.yml\n");
  Write("roles/r/tasks/a.yml", "- include_tasks: b.yml\n  when: x\n");
  Write("roles/r/tasks/b.yml",
        "- include_tasks: a.yml\n- template: src=t.yml.j2\n");
  Write("roles/r/templates/t.yml.j2", "");
  const RoleTree tree = Tree();
  EXPECT_FALSE(ConditionsOfFile(tree.roles.find("r")->second,
                                File("roles/r/templates/t.yml.j2"))
                   .empty());
}

TEST_F(RoleTreeTest, ReadsPastAnchorsAndReportsWhatItCannotRead) {
  Write("roles/a/tasks/main.yml",
        "- with: &files [x]\n- with: *files\n- include_role: {name: b}\n");
  Write("roles/b/tasks/main.yml", "- name: \xff\n");
  const RoleTree tree = Tree();
  EXPECT_THAT(tree.uses, SizeIs(1));
  EXPECT_THAT(tree.unread, ElementsAre(HasSubstr("roles/b/tasks/main.yml: ")));
}

TEST_F(RoleTreeTest, AnOldRoleThatOnlyKeepsItsNameHasNoVariables) {
  Write("roles/kubespray-defaults/tasks/main.yml", "[]\n");
  Write("roles/kubespray_defaults/defaults/main/download.yml",
        "downloads:\n"
        "  kubelet:\n"
        "    file: true\n"
        "    url: \"{{ kubelet_url }}\"\n");
  Write("roles/kubespray_defaults/vars/main/checksums.yml", "x: 1\n");
  Write("galaxy.yml", "name: kubespray\nversion: 2.99.0\n");
  Write("playbooks/ansible_version.yml",
        "- hosts: all\n"
        "  vars:\n"
        "    minimal_ansible_version: 2.17.3\n"
        "    maximal_ansible_version: 2.18.0\n");
  const auto checkout = OpenKubesprayCheckout(directory_.path());
  ASSERT_TRUE(checkout.ok()) << checkout.status();
  EXPECT_THAT(checkout->roles, ElementsAre("kubespray_defaults"));
  EXPECT_THAT(checkout->sources, SizeIs(2));
  EXPECT_EQ(checkout->version, "2.99.0");
  EXPECT_EQ(checkout->least_ansible, "2.17.3");
  EXPECT_EQ(checkout->ansible_limit, "2.18.0");
  ASSERT_THAT(checkout->downloads, SizeIs(1));
  EXPECT_EQ(checkout->downloads[0].Text("url"), "{{ kubelet_url }}");
  EXPECT_EQ(checkout->downloads[0].place,
            "roles/kubespray_defaults/defaults/main/download.yml:2");
}

TEST_F(RoleTreeTest, ADirectoryWithoutDownloadsIsNoCheckout) {
  Write("roles/other/defaults/main.yml", "x: 1\n");
  EXPECT_THAT(OpenKubesprayCheckout(directory_.path()).status().message(),
              HasSubstr("no checkout of Kubespray"));
  EXPECT_EQ(OpenKubesprayCheckout("/nonexistent").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace kso::cli
