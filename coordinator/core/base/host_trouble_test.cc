// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/host_trouble.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using ::testing::SizeIs;

v1::Failure FailureOf(v1::Failure::Kind kind, const std::string& item,
                      const std::string& reason) {
  v1::Failure failure;
  failure.set_kind(kind);
  failure.set_item(item);
  failure.set_reason(reason);
  failure.set_location("files.list:7");
  return failure;
}

TEST(HostTroubleTest, ReasonsDoNotBeginWithTheirItem) {
  const std::string url = "https://dl.example.com/a";
  EXPECT_EQ(WithoutItem(url, url + ": " + url + ": it is gone"), "it is gone");
  EXPECT_EQ(WithoutItem(url, url + " answered HTTP 503"), "answered HTTP 503");
  EXPECT_EQ(WithoutItem(url + "?token=1", url + ": it is gone"), "it is gone");
  EXPECT_EQ(WithoutItem(url, "https://mirror/a: it is gone"),
            "https://mirror/a: it is gone");
  EXPECT_EQ(WithoutItem(url, url + "/b: it is gone"), url + "/b: it is gone");
  EXPECT_EQ(WithoutItem("", "it is gone"), "it is gone");
  EXPECT_EQ(WithoutItem("", ": it is gone"), ": it is gone");
  EXPECT_EQ(WithoutItem("kubelet", " it is gone"), " it is gone");
  EXPECT_EQ(WithoutItem("kubelet", "kubelet: it is gone"), "it is gone");
  EXPECT_EQ(WithoutItem(url, url), url);
}

TEST(HostTroubleTest, WhatIsToldOfAHostHasNoItemsUrl) {
  EXPECT_EQ(WithoutUrl("http://127.0.0.1:1/a: Failed to connect"),
            "Failed to connect");
  EXPECT_EQ(WithoutUrl("Failed to connect to http://a"),
            "Failed to connect to http://a");
  EXPECT_EQ(WithoutUrl("https://a.example.com/b c"), "c");
  EXPECT_EQ(WithoutUrl("looking for blob x in a/b: https://c/d: it is down"),
            "it is down");
  EXPECT_EQ(WithoutUrl("pulling manifest v1 of a/b: c:5000 answers 503"),
            "c:5000 answers 503");
  EXPECT_EQ(WithoutUrl("https://a.example.com/b"), "");
  EXPECT_EQ(WithoutUrl(""), "");
}

TEST(HostTroubleTest, AHostThatIsDownIsOneCauseForAllItsItems) {
  const auto down = [](const std::string& item, int milliseconds) {
    return CauseOf(FailureOf(v1::Failure::TRANSIENT, item,
                             "Failed to connect to dl.example.com port 443 "
                             "after " +
                                 std::to_string(milliseconds) +
                                 " ms: Connection refused"));
  };
  const Cause cause = down("https://dl.example.com/a", 3);
  EXPECT_EQ(cause.host, "dl.example.com");
  EXPECT_EQ(down("https://dl.example.com/b?c", 12345).key, cause.key);
  EXPECT_NE(down("https://other.example.com/a", 3).key, cause.key);
  EXPECT_EQ(CauseOf(FailureOf(v1::Failure::TRANSIENT,
                              "registry.example.com/pause:3.9", "HTTP 503"))
                .host,
            "registry.example.com");
  // A mirror that is down is the mirror's trouble.
  EXPECT_EQ(
      CauseOf(FailureOf(v1::Failure::TRANSIENT, "https://dl.example.com/a",
                        "https://mirror:8080/a answered HTTP 503"))
          .host,
      "mirror:8080");
  // So is a host that another one redirects to.
  EXPECT_EQ(
      CauseOf(FailureOf(v1::Failure::TRANSIENT, "https://dl.example.com/a",
                        "https://dl.example.com/a redirects to "
                        "https://cdn.example.com/b: Connection refused"))
          .host,
      "cdn.example.com");
  EXPECT_EQ(
      CauseOf(FailureOf(v1::Failure::TRANSIENT, "https://dl.example.com/a",
                        "https://dl.example.com/a redirects to "
                        "https://cdn.example.com:8443: Connection refused"))
          .host,
      "cdn.example.com:8443");
  // Where it redirects to no host, it is its own trouble.
  EXPECT_EQ(
      CauseOf(FailureOf(v1::Failure::TRANSIENT, "registry.example.com/pause:3",
                        "https://dl.example.com/a redirects to nowhere"))
          .host,
      "dl.example.com");
}

TEST(HostTroubleTest, AHostWhoseCertificateIsBadIsOneCauseThoughItStays) {
  const Cause cause =
      CauseOf(FailureOf(v1::Failure::PERMANENT, "https://dl.example.com/a",
                        "SSL certificate problem: it has expired"));
  EXPECT_EQ(cause.host, "dl.example.com");
  EXPECT_EQ(
      CauseOf(FailureOf(v1::Failure::PERMANENT, "https://dl.example.com/b",
                        "SSL certificate problem: it has expired"))
          .key,
      cause.key);
}

TEST(HostTroubleTest, TheUrlsInAReasonDoNotMakeItAnotherCause) {
  const auto key = [](const std::string& reason) {
    return CauseOf(FailureOf(v1::Failure::TRANSIENT, "https://dl.example.com/a",
                             reason))
        .key;
  };
  EXPECT_EQ(key("https://mirror/a answered HTTP 503"),
            key("https://mirror/b answered HTTP 503"));
  EXPECT_EQ(key("answered HTTP 503 after 6 tries"),
            key("answered HTTP 503 after 12 tries"));
  EXPECT_NE(key("answered HTTP 429"), key("answered HTTP 529"));
  EXPECT_NE(key("answered HTTP 503"), key("answered HTTP 50"));
  EXPECT_NE(key("Connection refused"), key("Connection reset"));
}

TEST(HostTroubleTest, ARegistryThatIsDownIsOneCauseForAllItsImages) {
  const auto of = [](const std::string& item, const std::string& reason) {
    return CauseOf(FailureOf(v1::Failure::TRANSIENT, item, reason));
  };
  const Cause down =
      of("quay.io/coreos/etcd:v3.5.12",
         "looking for manifest v3.5.12 in coreos/etcd: "
         "https://quay.io/v2/coreos/etcd/manifests/v3.5.12: Failed to connect "
         "to quay.io port 443 after 3 ms");
  EXPECT_EQ(down.host, "quay.io");
  EXPECT_EQ(of("quay.io/calico/node@sha256:" + std::string(64, 'a'),
               "pulling blob sha256:" + std::string(64, 'b') +
                   " of calico/node: https://quay.io/v2/calico/node/blobs/b: "
                   "Failed to connect to quay.io port 443 after 12 ms")
                .key,
            down.key);
  EXPECT_EQ(of("quay.io/coreos/flannel:v0.22.0",
               "getting a token for repository:coreos/flannel:pull: "
               "https://quay.io/v2/auth: Failed to connect to quay.io port 443 "
               "after 1 ms")
                .key,
            down.key);
  // The mirror of several registries, by its answers.
  const auto refused = [&of](const std::string& image, const char* status) {
    return of(image, "looking for manifest 1 in mirrored/" + image +
                         ": mirror:5000 answers " + status + " (BUSY)");
  };
  EXPECT_EQ(refused("quay.io/a:1", "503").host, "mirror:5000");
  EXPECT_EQ(refused("quay.io/a:1", "503").key,
            refused("registry.k8s.io/b:1", "503").key);
  EXPECT_NE(refused("quay.io/a:1", "503").key,
            refused("quay.io/a:1", "500").key);
  // A destination, whose items are layers.
  const auto pushed = [&of](const std::string& layer, const std::string& more) {
    return of("layer " + layer, "pushing blob sha256:" + layer +
                                    " to team/kubespray-files: " + more);
  };
  EXPECT_EQ(
      pushed("a", "https://destination:5000/v2/x: Connection refused").key,
      pushed("b", "https://destination:5000/v2/y: Connection refused").key);
  EXPECT_EQ(pushed("a", "destination:5000 answers 503").host,
            "destination:5000");
}

TEST(HostTroubleTest, WhatNobodyAllowedIsSaidOnceForAHost) {
  std::vector<v1::Failure> failures;
  for (const char* name : {"a", "b"}) {
    failures.push_back(FailureOf(
        v1::Failure::PERMANENT, std::string("https://dl.example.com/") + name,
        "is at 10.1.2.3, which the public internet does not reach: it is "
        "refused; allow it with --allow-private 10.1.2.3/32"));
    failures.push_back(FailureOf(
        v1::Failure::PERMANENT, std::string("quay.io/") + name + ":1",
        std::string("looking for manifest 1 in ") + name +
            ": quay.io wants tokens to be fetched from another host "
            "(https://auth.example.com/token), which is refused; say so with "
            "--token-realm quay.io=auth.example.com"));
  }
  const std::vector<v1::Failure> grouped = GroupByCause(failures);
  ASSERT_THAT(grouped, SizeIs(2));
  EXPECT_EQ(grouped[0].item(), "dl.example.com");
  EXPECT_EQ(grouped[1].item(), "quay.io");
  EXPECT_EQ(grouped[1].reason(),
            "quay.io wants tokens to be fetched from another host "
            "(https://auth.example.com/token), which is refused; say so with "
            "--token-realm quay.io=auth.example.com; 2 items need it: "
            "quay.io/a:1, quay.io/b:1");
}

TEST(HostTroubleTest, AnItemsOwnTroubleIsNotItsHosts) {
  EXPECT_FALSE(
      CauseOf(FailureOf(v1::Failure::PERMANENT, "https://dl.example.com/a",
                        "answered HTTP 404"))
          .of_host());
  EXPECT_FALSE(CauseOf(FailureOf(v1::Failure::TRANSIENT, "layer 7", "HTTP 503"))
                   .of_host());
  // The answer of an image under test is not the trouble of a registry.
  EXPECT_EQ(CauseOf(FailureOf(v1::Failure::TRANSIENT, "k8s/pause:3.9",
                              "127.0.0.1:5000 answers 500"))
                .host,
            "");
  EXPECT_EQ(CauseOf(FailureOf(v1::Failure::TRANSIENT, "k8s/pause:3.9",
                              "looking for blob x in k8s/pause: 127.0.0.1:5000 "
                              "answers 500"))
                .host,
            "");
  const std::string url = "https://dl.example.com/a";
  EXPECT_NE(
      CauseOf(FailureOf(v1::Failure::TRANSIENT, url, "answered HTTP 503")).key,
      CauseOf(FailureOf(v1::Failure::TRANSIENT, url, "answered HTTP 429")).key);
}

TEST(HostTroubleTest, FailuresOfOneCauseAreOneProblem) {
  std::vector<v1::Failure> failures;
  for (int i = 0; i < 102; ++i) {
    failures.push_back(FailureOf(
        v1::Failure::TRANSIENT, "https://dl.example.com/" + std::to_string(i),
        "Connection refused (given up after 6 tries)"));
  }
  failures.push_back(FailureOf(v1::Failure::PERMANENT,
                               "https://dl.example.com/gone", "HTTP 404"));
  failures.push_back(FailureOf(v1::Failure::TRANSIENT,
                               "https://other.example.com/a", "HTTP 503"));
  const std::vector<v1::Failure> grouped = GroupByCause(failures);
  ASSERT_THAT(grouped, SizeIs(3));
  EXPECT_EQ(grouped[0].item(), "dl.example.com");
  EXPECT_EQ(grouped[0].reason(),
            "Connection refused (given up after 6 tries); 102 items need it: "
            "https://dl.example.com/0, https://dl.example.com/1, "
            "https://dl.example.com/2 and 99 more");
  EXPECT_EQ(grouped[0].location(), "");
  EXPECT_EQ(grouped[1].item(), "https://dl.example.com/gone");
  EXPECT_EQ(grouped[2].item(), "https://other.example.com/a");
  EXPECT_EQ(grouped[2].location(), "files.list:7");
}

TEST(HostTroubleTest, AFewItemsOfOneCauseAreAllNamed) {
  std::vector<v1::Failure> failures;
  const auto add = [&](const std::string& name) {
    failures.push_back(FailureOf(v1::Failure::TRANSIENT,
                                 "https://a.example/" + name, "HTTP 503"));
    return GroupByCause(failures);
  };
  EXPECT_EQ(add("1")[0].item(), "https://a.example/1");
  ASSERT_THAT(add("2"), SizeIs(1));
  EXPECT_EQ(GroupByCause(failures)[0].reason(),
            "HTTP 503; 2 items need it: https://a.example/1, "
            "https://a.example/2");
  EXPECT_EQ(add("3")[0].reason(),
            "HTTP 503; 3 items need it: https://a.example/1, "
            "https://a.example/2, https://a.example/3");
  EXPECT_EQ(add("4")[0].reason(),
            "HTTP 503; 4 items need it: https://a.example/1, "
            "https://a.example/2, https://a.example/3 and 1 more");
}

}  // namespace
}  // namespace kso::coordinator
