// SPDX-License-Identifier: Apache-2.0
#include "worker/metrics/transfer_metrics.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/http/url.h"

namespace kso::worker {
namespace {

constexpr size_t kMostHosts = 200;
constexpr char kOtherHosts[] = "other";

// "2xx" and so on, or "none" where there was no answer.
std::string OutcomeOf(const absl::StatusOr<http::Response>& answer) {
  return answer.ok() ? Concat(answer->status / 100, "xx") : "none";
}

class CountedSink final : public ByteSink {
 public:
  CountedSink(ByteSink* next, prometheus::Counter* bytes)
      : next_(*next), bytes_(*bytes) {}

  absl::Status Write(std::string_view bytes) override {
    bytes_.Increment(static_cast<double>(bytes.size()));
    return next_.Write(bytes);
  }

 private:
  ByteSink& next_;
  prometheus::Counter& bytes_;
};

class CountedSource final : public ByteSource {
 public:
  CountedSource(std::unique_ptr<ByteSource> next, prometheus::Counter* bytes)
      : next_(std::move(next)), bytes_(*bytes) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    KSO_ASSIGN_OR_RETURN(const size_t count, next_->Read(buffer, size));
    bytes_.Increment(static_cast<double>(count));
    return count;
  }

 private:
  const std::unique_ptr<ByteSource> next_;
  prometheus::Counter& bytes_;
};

}  // namespace

class MeteredTransport final : public http::Transport {
 public:
  MeteredTransport(std::unique_ptr<http::Transport> next,
                   TransferMetrics* metrics)
      : next_(std::move(next)), metrics_(*metrics) {}

  absl::StatusOr<http::Response> Perform(const http::Request& request,
                                         size_t max_body) override {
    const std::string host = metrics_.LabelOf(request.url);
    absl::StatusOr<http::Response> answer =
        next_->Perform(Metered(request, host), max_body);
    if (answer.ok()) {
      metrics_.received_.Add({{"host", host}})
          .Increment(static_cast<double>(answer->body.size()));
    }
    Count(host, answer);
    return answer;
  }

  absl::StatusOr<http::Response> Download(const http::Request& request,
                                          ByteSink& sink,
                                          OnResponse on_response) override {
    const std::string host = metrics_.LabelOf(request.url);
    CountedSink counted(&sink, &metrics_.received_.Add({{"host", host}}));
    absl::StatusOr<http::Response> answer = next_->Download(
        Metered(request, host), counted, std::move(on_response));
    Count(host, answer);
    return answer;
  }

 private:
  // The same request, the bytes of whose body count while they are read.
  http::Request Metered(const http::Request& request,
                        const std::string& host) const {
    http::Request metered = request;
    prometheus::Counter* const sent = &metrics_.sent_.Add({{"host", host}});
    if (!request.body_source) {
      sent->Increment(static_cast<double>(request.body.size()));
      return metered;
    }
    metered.body_source =
        [open = request.body_source,
         sent](int64_t offset) -> absl::StatusOr<std::unique_ptr<ByteSource>> {
      KSO_ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> source, open(offset));
      return std::make_unique<CountedSource>(std::move(source), sent);
    };
    return metered;
  }

  void Count(const std::string& host,
             const absl::StatusOr<http::Response>& answer) const {
    metrics_.answers_.Add({{"host", host}, {"status", OutcomeOf(answer)}})
        .Increment();
  }

  const std::unique_ptr<http::Transport> next_;
  TransferMetrics& metrics_;
};

TransferMetrics::TransferMetrics(prometheus::Registry* registry)
    : received_(prometheus::BuildCounter()
                    .Name("kso_worker_received_bytes_total")
                    .Help("Bytes of bodies that hosts and registries sent.")
                    .Register(*registry)),
      sent_(prometheus::BuildCounter()
                .Name("kso_worker_sent_bytes_total")
                .Help("Bytes of bodies that were sent to hosts and registries.")
                .Register(*registry)),
      answers_(prometheus::BuildCounter()
                   .Name("kso_worker_requests_total")
                   .Help("Requests to hosts and registries, by the class of "
                         "their answer's status.")
                   .Register(*registry)) {}

std::unique_ptr<http::Transport> TransferMetrics::Metered(
    std::unique_ptr<http::Transport> next) {
  return std::make_unique<MeteredTransport>(std::move(next), this);
}

void TransferMetrics::AddTraffic(v1::WorkerInfo& info) {
  const absl::MutexLock lock(&mutex_);
  for (const std::string& host : hosts_) {
    v1::HostTraffic& traffic = *info.add_traffic();
    traffic.set_host(host);
    traffic.set_bytes_received(
        static_cast<int64_t>(received_.Add({{"host", host}}).Value()));
    traffic.set_bytes_sent(
        static_cast<int64_t>(sent_.Add({{"host", host}}).Value()));
  }
}

std::string TransferMetrics::LabelOf(const std::string& url) {
  std::string host = http::HostOfUrl(url);
  const absl::MutexLock lock(&mutex_);
  if (!hosts_.contains(host) && hosts_.size() >= kMostHosts) host = kOtherHosts;
  hosts_.insert(host);
  return host;
}

}  // namespace kso::worker
