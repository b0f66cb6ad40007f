// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/http/transport.h"
#include "common/layer/content_time.h"
#include "common/site.h"
#include "coordinator/core/plan/site_files.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/server_process.h"
#include "tests/fakes/temp_directory.h"
#include "worker/task/task_control.h"
#include "worker/verify/compared_content.h"
#include "worker/verify/served_files.h"

namespace kso {
namespace {

namespace fs = std::filesystem;
using ::kso::testing::FreePort;
using ::kso::testing::ServerProcess;
using ::kso::testing::TempDirectory;

constexpr char kFile[] = "k8s/dl.k8s.io/v1/kubelet";

// `text` with the image's paths and port moved to where a test may have them.
std::string Moved(const std::string& text, const fs::path& root, int port) {
  return absl::StrReplaceAll(
      text,
      {{absl::StrCat("listen ", site::kFilesPort),
        absl::StrCat("listen 127.0.0.1:", port)},
       {absl::StrCat("listen [::]:", site::kFilesPort),
        absl::StrCat("listen [::1]:", port)},
       {absl::StrCat(":", site::kImagesPort), absl::StrCat("127.0.0.1:", port)},
       {ToAbsl(site::kFilesRoot), (root / "opt").string()},
       {ToAbsl(site::kImagesRoot), (root / "registry").string()},
       {"etc/nginx/", absl::StrCat(root.string().substr(1), "/")},
       {"/tmp/", absl::StrCat(root.string(), "/")},
       {"/dev/stdout", absl::StrCat(root.string(), "/access.log")}});
}

// The files image of one release: Debian's nginx with the configuration that
// is packed, and one file.
class FilesSite {
 public:
  explicit FilesSite(const std::string& content) {
    fs::create_directories(directory_.path() / "opt/k8s");
    for (const std::string_view name : {site::kPageFile, site::kSumsFile}) {
      std::ofstream(directory_.path() / "opt/k8s" / name) << name;
    }
    const fs::path file = directory_.path() / "opt" / kFile;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << content;
    // As the layer has it.
    const timespec time = {.tv_sec = ContentTime(Sha256Of(content)),
                           .tv_nsec = 0};
    const timespec times[2] = {time, time};
    EXPECT_EQ(utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
    std::ofstream(directory_.path() / "kso-ipv6.conf")
        << Moved(coordinator::NginxIpv6Config(), directory_.path(), port_);
    std::ofstream(directory_.path() / "nginx.conf")
        << "daemon off;\n"
        // The directory of a test is its user's alone.
        << (getuid() == 0 ? "user root;\n" : "")
        << Moved(coordinator::NginxConfig(), directory_.path(), port_);
    v1::MadeMember& member = *expected_.add_files();
    member.set_path(kFile);
    member.set_digest(Sha256Of(content).ToString());
    member.set_size(static_cast<int64_t>(content.size()));
  }

  // `prefix` is a command that runs nginx.
  void Start(const std::vector<std::string>& prefix = {}) {
    std::vector<std::string> command = prefix;
    for (const std::string& argument :
         {std::string("/usr/sbin/nginx"), std::string("-e"),
          (directory_.path() / "error.log").string(), std::string("-c"),
          (directory_.path() / "nginx.conf").string()}) {
      command.push_back(argument);
    }
    auto process = ServerProcess::Start(command, port_);
    ASSERT_TRUE(process.ok()) << process.status();
    process_ = *std::move(process);
  }

  std::string Url(std::string_view host = "127.0.0.1") const {
    return absl::StrCat("http://", ToAbsl(host), ":", port_, "/", kFile);
  }
  std::string Origin() const {
    return absl::StrCat("http://127.0.0.1:", port_);
  }
  const v1::ExpectedFiles& expected() const { return expected_; }

 private:
  const TempDirectory directory_;
  const int port_ = FreePort();
  v1::ExpectedFiles expected_;
  std::unique_ptr<ServerProcess> process_;
};

class ServedSiteTest : public ::testing::Test {
 protected:
  ServedSiteTest() {
    earlier_.Start();
    later_.Start();
  }

  http::Response Get(const std::string& url, const http::Headers& headers = {},
                     const std::string& method = "GET") {
    http::Request request;
    request.method = method;
    request.url = url;
    request.headers = headers;
    return transport_->Perform(request).value();
  }

  const std::string old_content_ = std::string(50, 'a');
  const std::string new_content_ = std::string(50, 'b');
  FilesSite earlier_{old_content_};
  FilesSite later_{new_content_};
  const std::unique_ptr<http::Transport> transport_ =
      http::CreateCurlTransport().value();
};

TEST_F(ServedSiteTest, ADirectoryIsAListingAlsoWhereItHasAPage) {
  const http::Response listing = Get(earlier_.Origin() + "/k8s/");
  EXPECT_EQ(listing.status, 200);
  EXPECT_THAT(listing.body, ::testing::HasSubstr("href=\"dl.k8s.io/\""));
  EXPECT_THAT(listing.body, ::testing::HasSubstr("href=\"index.html\""));
  const http::Response page = Get(earlier_.Origin() + "/k8s/index.html");
  EXPECT_EQ(page.body, "index.html");
  EXPECT_EQ(page.Header("Content-Type"), "text/html");
  EXPECT_EQ(Get(earlier_.Origin() + "/k8s/SHA256SUMS").Header("Content-Type"),
            "text/plain");
}

// Two releases have a file of the same size under the same path, with other
// bytes: a kubelet of the next patch version, say.
TEST_F(ServedSiteTest, AnswersWithBytesOfOneReleaseOnly) {
  const http::Response first = Get(earlier_.Url());
  const std::string etag = first.Header("ETag").value_or("");
  EXPECT_NE(etag, "");
  EXPECT_EQ(first.Header("Last-Modified"), std::nullopt);
  const std::pair<std::string, std::string> range = {"Range", "bytes=25-"};
  const std::string epoch = "Thu, 01 Jan 1970 00:00:00 GMT";

  // The release that the client knows goes on where it was.
  EXPECT_EQ(Get(earlier_.Url(), {{"If-None-Match", etag}}).status, 304);
  for (const char* header : {"If-Range", "If-Match"}) {
    const http::Response rest = Get(earlier_.Url(), {range, {header, etag}});
    EXPECT_EQ(rest.status, 206) << header;
    EXPECT_EQ(rest.body, old_content_.substr(25)) << header;
  }

  // The other one gives all of its own bytes, or none.
  EXPECT_EQ(Get(later_.Url(), {{"If-None-Match", etag}}).body, new_content_);
  for (const std::string& validator : {etag, epoch}) {
    const http::Response whole =
        Get(later_.Url(), {range, {"If-Range", validator}});
    EXPECT_EQ(whole.status, 200) << validator;
    EXPECT_EQ(whole.body, new_content_) << validator;
  }
  EXPECT_EQ(Get(later_.Url(), {range, {"If-Match", etag}}).status, 412);
  // Images of earlier versions told that date of every file.
  EXPECT_EQ(Get(later_.Url(), {{"If-Modified-Since", epoch}}).body,
            new_content_);
  EXPECT_EQ(Get(later_.Url(), {range, {"If-Unmodified-Since", epoch}}).status,
            412);
}

TEST_F(ServedSiteTest, VerificationPassesIt) {
  const worker::ComparedContent nothing;
  worker::TaskControl control;
  const auto checks = worker::CheckServedFiles(
      later_.expected(), later_.Origin(), nothing, *transport_, 1, control);
  EXPECT_TRUE(checks.ok()) << checks.status();
  // The bytes are another release's.
  EXPECT_FALSE(worker::CheckServedFiles(later_.expected(), earlier_.Origin(),
                                        nothing, *transport_, 1, control)
                   .ok());
}

TEST_F(ServedSiteTest, FilesAreServedOverIpv6) {
  if (!fs::exists("/proc/sys/net/ipv6/conf")) {
    GTEST_SKIP() << "this machine has no IPv6";
  }
  EXPECT_EQ(Get(later_.Url("[::1]")).body, new_content_);
}

// Where the kernel is started without IPv6, that directory is not there.
TEST_F(ServedSiteTest, FilesAreServedWhereTheKernelHasNoIpv6) {
  if (getuid() != 0) GTEST_SKIP() << "only root hides a directory";
  FilesSite site(new_content_);
  site.Start({"/usr/bin/unshare", "--mount", "/bin/sh", "-c",
              "mount -t tmpfs none /proc/sys/net/ipv6 && exec \"$0\" \"$@\""});
  EXPECT_EQ(Get(site.Url()).body, new_content_);
  http::Request request;
  request.url = site.Url("[::1]");
  EXPECT_FALSE(transport_->Perform(request).ok());
}

// A push would be gone with the container.
TEST(ServedRegistryTest, PushesAreRefused) {
  const TempDirectory directory;
  const int port = FreePort();
  const fs::path config = directory.path() / "config.yml";
  std::ofstream(config) << Moved(coordinator::RegistryConfig(),
                                 directory.path(), port);
  const auto registry = ServerProcess::Start(
      {"/usr/bin/docker-registry", "serve", config.string()}, port);
  ASSERT_TRUE(registry.ok()) << registry.status();
  const std::unique_ptr<http::Transport> transport =
      http::CreateCurlTransport().value();
  const auto status = [&](const std::string& method, const std::string& path) {
    http::Request request;
    request.method = method;
    request.url = absl::StrCat("http://127.0.0.1:", port, path);
    return transport->Perform(request)->status;
  };
  EXPECT_EQ(status("GET", "/v2/"), 200);
  EXPECT_EQ(status("POST", "/v2/k8s/pause/blobs/uploads/"), 405);
  EXPECT_EQ(status("PUT", "/v2/k8s/pause/manifests/3.9"), 405);
  EXPECT_EQ(status("DELETE", "/v2/k8s/pause/manifests/3.9"), 405);
}

}  // namespace
}  // namespace kso
