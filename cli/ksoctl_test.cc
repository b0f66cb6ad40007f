// SPDX-License-Identifier: Apache-2.0
#include "cli/ksoctl.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_build_service.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class KsoctlTest : public ::testing::Test {
 protected:
  KsoctlTest() {
    clock_.AdvanceByItself();
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(&builds_);
    server_ = builder.BuildAndStart();
    release_ = directory_ + "/release.yaml";
    Write("images.list", "registry.k8s.io/pause:3.9\n");
    Write("release.yaml",
          "apiVersion: kso/v1\nkind: Release\nname: v1\n"
          "platforms: [linux/amd64]\n"
          "images: {base: docker.io/library/registry:3, list: images.list}\n"
          "destination: docker://127.0.0.1:5000/team\n");
  }

  void Write(const std::string& name, const std::string& content) {
    std::ofstream(directory_ + "/" + name) << content;
  }

  // Runs ksoctl against the fake coordinator; returns its exit status.
  int Run(std::vector<std::string> args) {
    out_.str("");
    err_.str("");
    args.insert(args.begin(),
                {"--coordinator", absl::StrCat("127.0.0.1:", port_)});
    return static_cast<int>(RunKsoctl(args, {&out_, &err_}, &clock_));
  }

  // The text that a shell is given for a command line; its cursor is at the
  // last word.
  std::string Complete(const std::vector<std::string>& words) {
    std::vector<std::string> args = {"__complete"};
    args.insert(args.end(), words.begin(), words.end());
    out_.str("");
    EXPECT_EQ(RunKsoctl(args, {&out_, &err_}, &clock_), ExitStatus::kDone);
    return out_.str();
  }

  kso::testing::FakeClock clock_;
  FakeBuildService builds_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::string release_;
  std::ostringstream out_;
  std::ostringstream err_;
  const kso::testing::TempDirectory temp_;
  const std::string directory_ = temp_.string();
};

v1::Build Succeeded() {
  v1::Build build;
  build.set_state(v1::Build::SUCCEEDED);
  v1::ImageResult* image = build.add_images();
  image->set_name("kubespray-images");
  image->set_repository("127.0.0.1:5000/team/kubespray-images");
  image->add_tags("v1");
  image->mutable_index()->set_digest("sha256:abc");
  return build;
}

v1::Build Failed() {
  v1::Build build;
  build.set_state(v1::Build::FAILED);
  v1::Failure* failure = build.add_failures();
  failure->set_item("registry.k8s.io/pause:3.9");
  failure->set_reason("there is no linux/arm64");
  failure->set_advice("allow it in missingPlatform");
  failure->set_location("images.list:1");
  return build;
}

TEST_F(KsoctlTest, SubmitAndWaitShowsTheImages) {
  builds_.EndAs(Succeeded());
  EXPECT_EQ(Run({"submit", "-f", release_, "--wait"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("the plan is made"));
  EXPECT_THAT(out_.str(),
              HasSubstr("127.0.0.1:5000/team/kubespray-images:v1\n"));
  EXPECT_THAT(out_.str(), HasSubstr("sha256:abc"));
}

TEST_F(KsoctlTest, AFailedBuildIsExitStatus1) {
  builds_.EndAs(Failed());
  EXPECT_EQ(Run({"submit", "-f", release_, "--wait"}), 1);
  EXPECT_THAT(out_.str(),
              HasSubstr("registry.k8s.io/pause:3.9 (images.list:1)"));
  EXPECT_THAT(out_.str(), HasSubstr("there is no linux/arm64"));
  EXPECT_THAT(out_.str(), HasSubstr("allow it in missingPlatform"));
  EXPECT_EQ(Run({"watch", "v1"}), 1);
  EXPECT_EQ(Run({"plan", "-f", release_}), 1);
}

TEST_F(KsoctlTest, SubmitSaysWhatToDoNext) {
  EXPECT_EQ(Run({"submit", "-f", release_, "--id", "my-build"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("ksoctl watch my-build"));
  EXPECT_THAT(builds_.ids(), ::testing::ElementsAre("my-build"));
}

TEST_F(KsoctlTest, SubmitsAgainWithTheSameIdWhenTheConnectionBreaks) {
  builds_.RefuseFirst(2);
  EXPECT_EQ(Run({"submit", "-f", release_}), 0) << err_.str();
  const std::vector<std::string> ids = builds_.ids();
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids[0], ids[2]);
  EXPECT_THAT(ids[0], ::testing::MatchesRegex("[a-z0-9-]+"));
}

TEST_F(KsoctlTest, JsonIsAloneOnStdout) {
  builds_.EndAs(Failed());
  EXPECT_EQ(Run({"submit", "-f", release_, "--wait", "--output", "json"}), 1);
  EXPECT_THAT(out_.str(), ::testing::StartsWith("{"));
  EXPECT_THAT(out_.str(), HasSubstr("\"state\": \"FAILED\""));
  EXPECT_THAT(out_.str(), ::testing::EndsWith("}\n"));
  EXPECT_THAT(err_.str(), HasSubstr("the plan is made"));
  EXPECT_EQ(Run({"--output", "json", "builds"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("\"bytesFetched\": \"0\""));
}

TEST_F(KsoctlTest, BadInputIsExitStatus2AndIsNotSent) {
  Write("images.list", "registry.k8s.io/UPPER:1\n\nalso bad\n");
  EXPECT_EQ(Run({"submit", "-f", release_}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("/images.list:1: "));
  EXPECT_THAT(err_.str(), HasSubstr("/images.list:3: "));
  EXPECT_THAT(builds_.ids(), ::testing::IsEmpty());
  EXPECT_EQ(Run({"submit", "-f", directory_ + "/none.yaml"}), 2);
  EXPECT_EQ(Run({"submit", "-f", release_, "--id", "UPPER"}), 2);
}

TEST_F(KsoctlTest, AKeyThatIsNoneIsSaidBeforeImagesAreRead) {
  Write("key.pub", "ssh-ed25519 AAAA");
  Write("image.tar", "no archive");
  for (const char* name : {"/key.pub", "/missing.pub"}) {
    EXPECT_EQ(Run({"verify", "--level", "static", "--key", directory_ + name,
                   directory_ + "/image.tar"}),
              2);
    EXPECT_THAT(err_.str(), HasSubstr(name));
    EXPECT_THAT(err_.str(), Not(HasSubstr("image.tar")));
  }
}

TEST_F(KsoctlTest, UsageIsExitStatus2WithAWayOut) {
  EXPECT_EQ(Run({"sumbit"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("did you mean 'submit'?"));
  EXPECT_EQ(Run({"submit"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("--file is required"));
  EXPECT_THAT(err_.str(), HasSubstr("ksoctl submit --help"));
  EXPECT_EQ(Run({"submit", "-f", release_, "--wiat"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("did you mean '--wait'?"));
  EXPECT_EQ(Run({}), 2);
  EXPECT_EQ(Run({"builds", "--output", "xml"}), 2);
  EXPECT_THAT(err_.str(),
              HasSubstr("--output: 'xml' is none of text, json, jsonl\n"));
  EXPECT_EQ(Run({"builds", "--output", "jsonn"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("did you mean 'json'?"));
  EXPECT_EQ(Run({"farm"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("say which: up, down"));
  EXPECT_EQ(Run({"--coordinator", "nonsense", "builds"}), 2);
  EXPECT_EQ(Run({"status", "x"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("there is no build 'x'"));
}

TEST_F(KsoctlTest, AWrongValueIsSaidInTheWordsOfTheHelp) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"submit", "-f"}, "--file wants a value: FILE\n"},
      {{"submit", "-f", "a", "-f", "b"}, "--file is there more than once\n"},
      {{"submit", "-f", "a", "--priority", "high"},
       "--priority: 'high' is no whole number from -100 to 100\n"},
      {{"audit", "--limit", "0"}, "'0' is no whole number from 1 to "},
      {{"completion"}, "say which: bash, zsh, fish\n"},
      {{"certs", "issue", "client"}, "NAME is required\n"},
      {{"certs", "issue", "foo", "x"},
       "ksoctl: 'foo' is none of worker, client\n"},
      {{"priority", "x", "101"},
       "ksoctl: '101' is no whole number from -100 to 100\n"},
      {{"--coordinator"}, "--coordinator wants a value: HOST:PORT\n"},
  };
  for (const auto& [args, message] : cases) {
    err_.str("");
    EXPECT_EQ(static_cast<int>(RunKsoctl(args, {&out_, &err_}, &clock_)), 2);
    EXPECT_THAT(err_.str(), HasSubstr(message));
    EXPECT_THAT(err_.str(), HasSubstr("--help`."));
  }
}

TEST_F(KsoctlTest, InitLeavesNothingWhereAChoiceIsWrong) {
  const std::string made = directory_ + "/made";
  EXPECT_EQ(Run({"init", made, "--platform", "linux/amd46"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("write linux/amd64 or linux/arm64"));
  EXPECT_EQ(Run({"init", made, "--destination", "r.example.com/team"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("docker://HOST/PATH"));
  EXPECT_FALSE(std::filesystem::exists(made));
}

TEST_F(KsoctlTest, ABadContextIsRefusedAndNeverInTheWay) {
  setenv("XDG_CONFIG_HOME", directory_.c_str(), 1);
  const auto run = [this](const std::vector<std::string>& args) {
    out_.str("");
    err_.str("");
    return static_cast<int>(RunKsoctl(args, {&out_, &err_}, &clock_));
  };
  for (const char* bad : {"lab", "lab:", "lab:x", "lab:70707", "a b:7070"}) {
    EXPECT_EQ(run({"context", "add", "lab", "--coordinator", bad}), 2) << bad;
    EXPECT_THAT(err_.str(), HasSubstr("write HOST:PORT")) << bad;
  }
  EXPECT_EQ(run({"context", "add", "a/b", "--coordinator", "lab:7070"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("no name for a context"));
  EXPECT_EQ(run({"context", "ls"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("There are no contexts"));

  // As somebody wrote it by hand.
  std::filesystem::create_directories(directory_ + "/kso");
  Write("kso/contexts.json",
        R"({"current": "lab", "contexts": [
            {"name": "lab", "coordinator": "nonsense"}]})");
  chmod((directory_ + "/kso/contexts.json").c_str(), 0600);
  EXPECT_EQ(run({"builds"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("'nonsense' is no coordinator's address"));
  EXPECT_EQ(run({"context", "list"}), 0) << err_.str();
  EXPECT_EQ(run({"context", "remove", "lab"}), 0) << err_.str();
  unsetenv("XDG_CONFIG_HOME");
}

TEST_F(KsoctlTest, NoCoordinatorIsExitStatus3WithAWayOut) {
  server_->Shutdown();
  server_.reset();
  const std::vector<std::vector<std::string>> commands = {
      {"builds"}, {"submit", "-f", release_}, {"watch", "x"}, {"workers"}};
  for (const auto& command : commands) {
    EXPECT_EQ(Run(command), 3) << command[0];
    EXPECT_THAT(err_.str(), HasSubstr(absl::StrCat("127.0.0.1:", port_)));
    EXPECT_THAT(err_.str(), HasSubstr("ksoctl farm up"));
    EXPECT_THAT(err_.str(), HasSubstr("nothing listens there"));
    EXPECT_THAT(err_.str(), Not(HasSubstr("ipv4:")));
    EXPECT_EQ(out_.str(), "");
  }
  EXPECT_EQ(Run({"version"}), 0);
}

TEST_F(KsoctlTest, HelpAndCompletionNameTheCommands) {
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("submit"));
  EXPECT_EQ(Run({"submit", "--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("--wait"));
  // The program's own help explains the options of every command.
  EXPECT_THAT(out_.str(), HasSubstr("see `ksoctl --help`"));
  EXPECT_THAT(out_.str(), HasSubstr("--coordinator,"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("Where the coordinator is")));
  // A command that means something else by a name says so once.
  EXPECT_EQ(Run({"context", "add", "--help"}), 0);
  EXPECT_THAT(out_.str(), Not(HasSubstr("--coordinator,")));
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_EQ(Run({"completion", shell}), 0);
    EXPECT_THAT(out_.str(), HasSubstr("__complete")) << shell;
  }
  EXPECT_EQ(Run({"completion", "tcsh"}), 2);
}

TEST_F(KsoctlTest, AnUnknownCommandIsOneWithHelpToo) {
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{
           {"sumbit", "--help"},
           {"--help", "sumbit"},
           {"help", "sumbit"},
           {"sumbit", "-h"},
           {"--output", "json", "sumbit", "-h"}}) {
    EXPECT_EQ(Run(args), 2) << args[0];
    EXPECT_EQ(out_.str(), "");
    EXPECT_THAT(err_.str(), HasSubstr("there is no command 'sumbit'; did you "
                                      "mean 'submit'?"));
  }
  EXPECT_EQ(Run({"workers", "darin", "--help"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("did you mean 'drain'?"));
  EXPECT_EQ(Run({"farm", "sideways", "--help"}), 2);
  // A word that is no command's name where none is wanted is no harm.
  EXPECT_EQ(Run({"status", "v1", "--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("Usage: ksoctl status"));
}

TEST(CommandLineTest, AnOptionThatMayComeAgainTakesOneValue) {
  EXPECT_TRUE(CheckCommandLine({"verify", "--platform", "linux/amd64",
                                "--platform", "linux/arm64", "h.example/a:1"})
                  .ok());
  EXPECT_TRUE(CheckCommandLine({"lists", "generate", "--kubespray", "dir", "-i",
                                "hosts", "release"})
                  .ok());
  EXPECT_FALSE(CheckCommandLine({"verify", "--platform", "linux/amd64"}).ok());
}

TEST(CommandLineTest, AValueMayBeCalledLikeACommand) {
  for (const char* name :
       {"release", "releases", "builds", "logs", "diff", "verify", "get"}) {
    EXPECT_TRUE(
        CheckCommandLine({"lists", "generate", "--kubespray", "dir", name})
            .ok())
        << name;
    EXPECT_TRUE(CheckCommandLine({"workers", "drain", name}).ok()) << name;
    EXPECT_TRUE(CheckCommandLine({"logs", name}).ok()) << name;
    EXPECT_TRUE(CheckCommandLine({"lists", "diff", name, name}).ok()) << name;
  }
}

TEST_F(KsoctlTest, UnderstandsWhatFingersTry) {
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{
           {"ls"}, {"ps"}, {"list"}, {"get", "builds"}}) {
    EXPECT_EQ(Run(args), 0) << args[0] << err_.str();
    EXPECT_THAT(out_.str(), HasSubstr("BUILD")) << args[0];
  }
  EXPECT_EQ(Run({"build", "-f", release_, "--id", "mine"}), 0) << err_.str();
  EXPECT_EQ(Run({"get", "--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("workers"));
  EXPECT_EQ(Run({"get", "bulids"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("did you mean 'builds'?"));
  EXPECT_EQ(Run({"describe", "build", "x"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("there is no build 'x'"));
  EXPECT_EQ(Run({"--version"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("ksoctl 0."));
  EXPECT_EQ(Run({"help"}), 0);
  EXPECT_THAT(out_.str(), Not(HasSubstr("describe")));
  EXPECT_EQ(Run({"help", "submit"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("Usage: ksoctl submit -f FILE"));
}

TEST_F(KsoctlTest, ChangesAPriority) {
  ASSERT_EQ(Run({"submit", "-f", release_, "--id", "mine"}), 0);
  for (const char* priority : {"30", "0", "-5", "100", "-100"}) {
    EXPECT_EQ(Run({"priority", "mine", priority}), 0) << err_.str();
    EXPECT_EQ(out_.str(),
              absl::StrCat("Build mine of v1 has priority ", priority, ".\n"));
  }
  for (const char* priority : {"101", "-101", "high", "", "1.5", "--high"}) {
    EXPECT_EQ(Run({"priority", "mine", priority}), 2) << priority;
  }
  EXPECT_EQ(Run({"priority", "mine"}), 2);
  EXPECT_EQ(Run({"priority", "mine", "7", "--output", "json"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("\"priority\": 7"));
}

TEST_F(KsoctlTest, CompletesNamesOfBuilds) {
  ASSERT_EQ(Run({"submit", "-f", release_, "--id", "20240131-1"}), 0);
  setenv("KSO_COORDINATOR", absl::StrCat("127.0.0.1:", port_).c_str(), 1);
  EXPECT_THAT(Complete({"logs", ""}), HasSubstr("20240131-1\tv1, "));
  EXPECT_THAT(Complete({"watch", "v"}), HasSubstr("v1\tnewest: 20240131-1\n"));
  EXPECT_EQ(Complete({"watch", "x"}), "");
  EXPECT_EQ(Complete({"submit", "-f", ""}), ":files\n");
  EXPECT_THAT(Complete({"sub"}), HasSubstr("submit\t"));
  EXPECT_THAT(Complete({"export", "v1", "--since", "v"}),
              HasSubstr(":files\nv1\t"));
  EXPECT_EQ(Complete({"verify", ""}), ":files\n:directories\n");
  server_->Shutdown();
  EXPECT_EQ(Complete({"logs", ""}), "");
  unsetenv("KSO_COORDINATOR");
}

TEST_F(KsoctlTest, CompletesNamesOfContextsAndAsksTheOneThatIsNamed) {
  setenv("XDG_CONFIG_HOME", directory_.c_str(), 1);
  ASSERT_EQ(Run({"submit", "-f", release_, "--id", "20240131-1"}), 0);
  const std::string address = absl::StrCat("127.0.0.1:", port_);
  const auto add = [this](const std::string& name, const std::string& at) {
    return RunKsoctl({"context", "add", name, "--coordinator", at},
                     {&out_, &err_}, &clock_);
  };
  ASSERT_EQ(add("away", "127.0.0.1:1"), ExitStatus::kDone);
  ASSERT_EQ(add("lab", address), ExitStatus::kDone);
  EXPECT_EQ(Complete({"context", "use", ""}),
            absl::StrCat("away\t127.0.0.1:1\nlab\t", address, "\n"));
  EXPECT_EQ(Complete({"context", "rm", "l"}),
            absl::StrCat("lab\t", address, "\n"));
  EXPECT_EQ(Complete({"--context", "l"}), absl::StrCat("lab\t", address, "\n"));
  // A new context has a new name.
  EXPECT_EQ(Complete({"context", "add", ""}), "");
  // The one in use is away.
  EXPECT_EQ(Complete({"logs", ""}), "");
  EXPECT_THAT(Complete({"--context", "lab", "logs", ""}),
              HasSubstr("20240131-1\t"));
  EXPECT_THAT(Complete({"logs", "--context=lab", ""}),
              HasSubstr("20240131-1\t"));
  EXPECT_THAT(Complete({"--coordinator", address, "logs", ""}),
              HasSubstr("20240131-1\t"));
  // One that is not there is no other one.
  EXPECT_EQ(Complete({"--context", "nowhere", "logs", ""}), "");
  unsetenv("XDG_CONFIG_HOME");
}

TEST_F(KsoctlTest, WritesAManualPageForEachCommand) {
  EXPECT_EQ(Run({"man", directory_ + "/man"}), 0) << err_.str();
  std::ifstream page(directory_ + "/man/ksoctl-submit.1");
  std::stringstream text;
  text << page.rdbuf();
  EXPECT_THAT(text.str(), HasSubstr(".SH EXAMPLES"));
  EXPECT_THAT(text.str(), HasSubstr("\\-\\-priority"));
}

void ExpectExamples(const CommandShape& command, const std::string& path) {
  if (command.hidden) return;
  for (const CommandShape& child : command.commands) {
    ExpectExamples(child, absl::StrCat(path, " ", child.name));
  }
  if (path == "ksoctl" || command.needs_command) return;
  EXPECT_FALSE(command.examples.empty()) << path << " has no example";
  std::set<std::string> commands;
  for (const Example& example : command.examples) {
    EXPECT_TRUE(commands.insert(example.command).second)
        << path << " has an example twice: " << example.command;
    EXPECT_THAT(example.meaning, ::testing::MatchesRegex("[A-Z].*")) << path;
  }
  for (const Example& example : command.examples) {
    EXPECT_EQ(example.command.rfind(path, 0), 0u) << example.command;
    EXPECT_LE(example.command.size(), 78u) << example.command;
    std::vector<std::string> words =
        absl::StrSplit(example.command, ' ', absl::SkipEmpty());
    words.erase(words.begin());
    EXPECT_TRUE(CheckCommandLine(words).ok())
        << example.command << ": " << CheckCommandLine(words);
  }
}

TEST(Commands, EachHasAnExampleThatTheParserTakes) {
  ExpectExamples(ProgramShape(), "ksoctl");
}

void ExpectSentences(const CommandShape& command, const std::string& path) {
  EXPECT_THAT(command.help, ::testing::EndsWith(".")) << path;
  for (const OptionShape& option : command.options) {
    EXPECT_THAT(option.help, ::testing::EndsWith("."))
        << path << " " << option.names.back();
  }
  for (const PositionalShape& positional : command.positionals) {
    EXPECT_THAT(positional.help, ::testing::EndsWith("."))
        << path << " " << positional.meta;
  }
  for (const CommandShape& child : command.commands) {
    ExpectSentences(child, absl::StrCat(path, " ", child.name));
  }
}

TEST(Commands, SayWhatTheyTakeInSentences) {
  ExpectSentences(ProgramShape(), "ksoctl");
}

TEST_F(KsoctlTest, JsonLinesAreEventsAndThenTheBuild) {
  builds_.EndAs(Failed());
  EXPECT_EQ(Run({"submit", "-f", release_, "--wait", "--output", "jsonl"}), 1);
  const std::vector<std::string> lines =
      absl::StrSplit(out_.str(), '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 3u) << out_.str();
  EXPECT_THAT(lines[0], ::testing::StartsWith("{\"type\":\"notice\","));
  EXPECT_THAT(lines[1], ::testing::StartsWith("{\"type\":\"event\","));
  EXPECT_THAT(lines[2], ::testing::StartsWith("{\"type\":\"build\","));
  EXPECT_THAT(lines[2], HasSubstr("\"state\":\"FAILED\""));
  EXPECT_EQ(Run({"builds", "--output", "jsonl"}), 0);
  EXPECT_THAT(out_.str(), ::testing::StartsWith("{\"type\":\"build\","));
}

TEST_F(KsoctlTest, QuietSaysResultsOnlyAndVerboseSaysCalls) {
  EXPECT_EQ(Run({"submit", "-f", release_, "--id", "mine", "-q"}), 0);
  EXPECT_EQ(out_.str(), "mine\n");
  builds_.EndAs(Succeeded());
  EXPECT_EQ(Run({"submit", "-f", release_, "--wait", "--quiet"}), 0);
  EXPECT_THAT(out_.str(), Not(HasSubstr("the plan is made")));
  EXPECT_THAT(out_.str(), HasSubstr("sha256:abc"));
  EXPECT_EQ(Run({"builds", "-v"}), 0);
  EXPECT_THAT(err_.str(), HasSubstr("ListBuildsRequest"));
  EXPECT_THAT(err_.str(), HasSubstr("-> ok, "));
}

TEST_F(KsoctlTest, SaysWhenTheSameRequestRunsAlready) {
  EXPECT_EQ(Run({"submit", "-f", release_, "--id", "mine"}), 0);
  EXPECT_THAT(out_.str(), Not(HasSubstr("Joined")));
  builds_.AlreadyRuns("theirs");
  EXPECT_EQ(Run({"submit", "-f", release_, "--id", "mine"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("Joined build theirs"));
  EXPECT_THAT(out_.str(), HasSubstr("ksoctl watch theirs"));
}

}  // namespace
}  // namespace kso::cli
