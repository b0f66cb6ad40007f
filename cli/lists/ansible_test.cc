// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/ansible.h"

#include <filesystem>
#include <fstream>

#include "absl/status/status.h"
#include "cli/lists/kubespray_checkout.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(AnsibleTest, ComparesVersionsNumberByNumber) {
  EXPECT_LT(CompareVersions("2.9.27", "2.16.4"), 0);
  EXPECT_GT(CompareVersions("2.16.14", "2.16.4"), 0);
  EXPECT_EQ(CompareVersions("2.17", "2.17.0"), 0);
  EXPECT_GT(CompareVersions("3", "2.99.99"), 0);
  EXPECT_EQ(CompareVersions("", ""), 0);
}

TEST(AnsibleTest, FindsTheVersionInWhatAnsiblePrints) {
  EXPECT_EQ(ParseAnsibleVersion("ansible-playbook [core 2.14.18]\n  config"),
            "2.14.18");
  EXPECT_EQ(ParseAnsibleVersion("ansible-playbook 2.9.27\n  x = 3.1"),
            "2.9.27");
  EXPECT_EQ(ParseAnsibleVersion("ansible-playbook [core 2.20.0.dev0] (devel)"),
            "2.20.0");
  EXPECT_EQ(ParseAnsibleVersion("no such thing\n2.1"), "");
  EXPECT_EQ(ParseAnsibleVersion(""), "");
}

class FindAnsibleTest : public ::testing::Test {
 protected:
  FindAnsibleTest() {
    checkout_.directory = "/srv/kubespray";
    checkout_.version = "2.28.1";
    checkout_.least_ansible = "2.16.4";
    checkout_.ansible_limit = "2.17.0";
  }

  // A program that prints this and ends with this status.
  std::string Program(const std::string& output, int status) {
    const auto file = directory_.path() / "ansible-playbook";
    std::ofstream(file) << "#!/bin/sh\necho '" << output << "'\nexit " << status
                        << "\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file.string();
  }

  testing::TempDirectory directory_;
  KubesprayCheckout checkout_;
};

TEST_F(FindAnsibleTest, TakesOneThatTheReleaseTakes) {
  const auto found =
      FindAnsible(checkout_, Program("ansible-playbook [core 2.16.4]", 0),
                  /*any_version=*/false);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->version, "2.16.4");
}

TEST_F(FindAnsibleTest, SaysHowToGetTheRightOneWhenItIsTooOld) {
  const std::string old = Program("ansible-playbook [core 2.14.18]", 0);
  const auto found = FindAnsible(checkout_, old, /*any_version=*/false);
  EXPECT_EQ(found.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(
      std::string(found.status().message()),
      AllOf(HasSubstr("ansible-core 2.14.18, which is too old"),
            HasSubstr("Kubespray 2.28.1 needs ansible-core 2.16.4 or later"),
            HasSubstr("\n  python3 -m venv ansible-for-kubespray-2.28.1\n"),
            HasSubstr("/bin/pip install -r /srv/kubespray/requirements.txt")));
  EXPECT_TRUE(FindAnsible(checkout_, old, /*any_version=*/true).ok());
}

TEST_F(FindAnsibleTest, SaysHowToGetOneWhenThereIsNone) {
  for (const std::string& named :
       {std::string("/nonexistent/ansible-playbook"),
        Program("ansible-playbook: No module named ansible", 1)}) {
    const auto found = FindAnsible(checkout_, named, /*any_version=*/true);
    EXPECT_EQ(found.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(found.status().message()),
                AllOf(HasSubstr(named), HasSubstr("-m venv")));
  }
}

}  // namespace
}  // namespace kso::cli
