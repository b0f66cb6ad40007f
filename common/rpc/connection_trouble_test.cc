// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/connection_trouble.h"

#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The message of gRPC about a peer that it could not connect to.
std::string Tried(const std::string& what) {
  return "failed to connect to all addresses; last error: UNKNOWN: "
         "ipv4:192.0.2.1:7070: " +
         what;
}

TEST(ConnectionTroubleTest, SaysWhatIsWrongWithoutTheAddress) {
  const std::pair<const char*, const char*> cases[] = {
      {"Failed to connect to remote host: Connection refused",
       "nothing listens there"},
      {"Tls handshake failed: SSL_ERROR_SSL: error:0A00010B:SSL "
       "routines::wrong version number",
       "does not speak TLS"},
      {"Tls handshake failed: SSL_ERROR_SSL: error:0A000086:SSL "
       "routines::certificate verify failed",
       "authority in --ca"},
      {"Custom verification check failed with error: UNAUTHENTICATED: Hostname "
       "Verification Check failed.",
       "does not name the host"},
      {"Cannot check peer: missing selected ALPN property.", "no coordinator"},
      {"Failed parsing HTTP/2", "no coordinator"},
      {"Socket closed", "closed the connection"},
      {"Failed to connect to remote host: No route to host", "no way to it"},
      {"Failed to connect to remote host: Timeout occurred", "in time"},
      {"connection attempt timed out before receiving SETTINGS frame",
       "in time"},
  };
  for (const auto& [said, meant] : cases) {
    const absl::Status status =
        ExplainConnection(absl::UnavailableError(Tried(said)));
    EXPECT_TRUE(absl::IsUnavailable(status)) << said;
    EXPECT_THAT(std::string(status.message()), HasSubstr(meant)) << said;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("192.0.2.1")));
  }
  EXPECT_THAT(
      std::string(ExplainConnection(
                      absl::UnavailableError(
                          "DNS resolution failed for farm.example:7070: C-ares "
                          "status is not ARES_SUCCESS qtype=AAAA "
                          "name=farm.example is_balancer=0: Domain name not "
                          "found"))
                      .message()),
      HasSubstr("cannot be resolved"));
}

TEST(ConnectionTroubleTest, AWebServerIsNoOldCoordinator) {
  const absl::Status status = ExplainConnection(
      absl::UnimplementedError("Received http2 header with status: 404"));
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("no coordinator"));
}

TEST(ConnectionTroubleTest, LeavesAloneWhatTheCoordinatorSays) {
  for (const absl::Status& status :
       {absl::OkStatus(), absl::UnavailableError("the coordinator stops"),
        absl::NotFoundError("there is no build; Connection refused"),
        absl::UnimplementedError("no method X"),
        absl::UnknownError("proxy: Received http2 header with status: 404"),
        absl::UnavailableError("r.example.com did not answer: Timeout"),
        absl::UnavailableError("the database timed out; try again"),
        absl::UnavailableError("issuer.example.com: Connection refused"),
        absl::UnavailableError("the upstream's Socket closed early"),
        absl::UnavailableError("r.example.com: certificate verify failed")}) {
    EXPECT_EQ(ExplainConnection(status), status) << status;
  }
}

TEST(ConnectionTroubleTest, KnowsAConnectionThatBreaksDuringACall) {
  const std::pair<const char*, const char*> cases[] = {
      {"Socket closed", "closed the connection"},
      {"Connection reset by peer", "closed the connection"},
      {"recvmsg:Connection reset by peer", "closed the connection"},
      {"keepalive watchdog timeout", "in time"},
      {"Failed parsing HTTP/2", "no coordinator"},
      {"Trying to connect an http1.x server", "no coordinator"},
  };
  for (const auto& [said, meant] : cases) {
    EXPECT_THAT(
        std::string(ExplainConnection(absl::UnavailableError(said)).message()),
        HasSubstr(meant))
        << said;
  }
}

}  // namespace
}  // namespace kso::rpc
