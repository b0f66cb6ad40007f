// SPDX-License-Identifier: Apache-2.0
#include "worker/metrics/transfer_metrics.h"

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/sinks.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/text_serializer.h"

namespace kso::worker {
namespace {

using ::testing::HasSubstr;

// A host that reads what it is sent, and answers with a body of three bytes.
class Host final : public http::Transport {
 public:
  absl::StatusOr<http::Response> Perform(const http::Request& request,
                                         size_t) override {
    if (request.body_source) {
      const auto source = request.body_source(0);
      if (!ReadAll(**source, 1 << 20).ok()) return absl::InternalError("");
    }
    if (unreachable) return absl::UnavailableError("");
    return Answer("abc");
  }

  absl::StatusOr<http::Response> Download(const http::Request&, ByteSink& sink,
                                          OnResponse) override {
    if (const absl::Status written = sink.Write("abc"); !written.ok()) {
      return written;
    }
    if (unreachable) return absl::UnavailableError("");
    return Answer("");
  }

  static http::Response Answer(const std::string& body) {
    http::Response response;
    response.status = status;
    response.body = body;
    return response;
  }

  static inline bool unreachable = false;
  static inline int status = 200;
};

class TransferMetricsTest : public ::testing::Test {
 protected:
  TransferMetricsTest() {
    Host::unreachable = false;
    Host::status = 200;
  }

  std::string Text() const {
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }

  static http::Request To(const std::string& url) {
    http::Request request;
    request.url = url;
    return request;
  }

  prometheus::Registry registry_;
  TransferMetrics metrics_{&registry_};
  const std::unique_ptr<http::Transport> transport_ =
      metrics_.Metered(std::make_unique<Host>());
};

TEST_F(TransferMetricsTest, CountsWhatHostsSend) {
  ASSERT_TRUE(transport_->Perform(To("https://a.example/x")).ok());
  NullSink sink;
  ASSERT_TRUE(transport_->Download(To("https://a.example/y"), sink).ok());
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("kso_worker_received_bytes_total{host="
                              "\"a.example\"} 6"));
  EXPECT_THAT(text, HasSubstr("kso_worker_requests_total{host=\"a.example\","
                              "status=\"2xx\"} 2"));
}

TEST_F(TransferMetricsTest, CountsWhatIsSent) {
  http::Request request = To("https://registry.example:5000/v2/");
  request.body_source = [](int64_t offset) {
    return SourceOfString("0123456789", offset);
  };
  ASSERT_TRUE(transport_->Perform(request).ok());
  request = To("https://registry.example:5000/v2/");
  request.body = "12345";
  ASSERT_TRUE(transport_->Perform(request).ok());
  EXPECT_THAT(Text(), HasSubstr("kso_worker_sent_bytes_total{host="
                                "\"registry.example:5000\"} 15"));
}

TEST_F(TransferMetricsTest, TheCoordinatorIsToldWhatPassed) {
  v1::WorkerInfo info;
  metrics_.AddTraffic(info);
  EXPECT_EQ(info.traffic_size(), 0);
  http::Request request = To("https://registry.example:5000/v2/");
  request.body = "12345";
  ASSERT_TRUE(transport_->Perform(request).ok());
  ASSERT_TRUE(transport_->Perform(To("https://a.example/x")).ok());
  metrics_.AddTraffic(info);
  ASSERT_EQ(info.traffic_size(), 2);
  EXPECT_EQ(info.traffic(0).host(), "a.example");
  EXPECT_EQ(info.traffic(0).bytes_received(), 3);
  EXPECT_EQ(info.traffic(0).bytes_sent(), 0);
  EXPECT_EQ(info.traffic(1).host(), "registry.example:5000");
  EXPECT_EQ(info.traffic(1).bytes_sent(), 5);
}

TEST_F(TransferMetricsTest, TellsHowHostsAnswer) {
  Host::status = 503;
  ASSERT_TRUE(transport_->Perform(To("http://a.example/")).ok());
  Host::unreachable = true;
  ASSERT_FALSE(transport_->Perform(To("http://a.example/")).ok());
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("{host=\"a.example\",status=\"5xx\"} 1"));
  EXPECT_THAT(text, HasSubstr("{host=\"a.example\",status=\"none\"} 1"));
}

TEST_F(TransferMetricsTest, TheNumberOfHostsIsBounded) {
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(
        transport_->Perform(To(absl::StrCat("https://h", i, ".example/")))
            .ok());
  }
  EXPECT_THAT(Text(), HasSubstr("{host=\"other\",status=\"2xx\"} 100"));
}

// Query strings may be secret.
TEST_F(TransferMetricsTest, ALabelIsTheHostAlone) {
  ASSERT_TRUE(transport_->Perform(To("https://a.example/x?token=secret")).ok());
  EXPECT_THAT(Text(), ::testing::Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace kso::worker
