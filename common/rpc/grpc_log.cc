// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/grpc_log.h"

#include <grpc/support/log.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/text/printable_text.h"
#include "spdlog/spdlog.h"

namespace kso::rpc {
namespace {

constexpr int kLinesAMinute = 30;
constexpr size_t kLongestLine = 512;

void Write(gpr_log_func_args* args) {
  static LineLimit* const limit = new LineLimit(Clock::Real(), kLinesAMinute);
  const std::string line = limit->Pass(absl::StrCat("gRPC: ", args->message));
  if (!line.empty()) spdlog::warn("{}", PrintableText(line, kLongestLine));
}

}  // namespace

std::string LineLimit::Pass(std::string line) {
  absl::MutexLock lock(&mutex_);
  const absl::Time now = clock_->Now();
  if (now >= begun_ + absl::Minutes(1)) {
    begun_ = now;
    passed_ = 0;
  }
  if (passed_ >= lines_a_minute_) {
    ++left_out_;
    return "";
  }
  ++passed_;
  const int64_t left_out = std::exchange(left_out_, 0);
  if (left_out == 0) return line;
  return absl::StrCat(line, " (", left_out, " lines before were left out)");
}

void LogGrpc() { gpr_set_log_function(Write); }

}  // namespace kso::rpc
