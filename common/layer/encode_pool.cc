// SPDX-License-Identifier: Apache-2.0
#include "common/layer/encode_pool.h"

#include <algorithm>

namespace kso {
namespace {

// With two, a thread finds its next piece of work waiting.
constexpr size_t kFunctionsPerThread = 2;

}  // namespace

EncodePool::EncodePool(int threads)
    : capacity_(kFunctionsPerThread * std::max(threads, 1)),
      executor_(threads) {}

bool EncodePool::TryRun(const std::function<void()>& function) {
  if (taken_.fetch_add(1) >= capacity_) {
    --taken_;
    return false;
  }
  executor_.Schedule([this, function] {
    function();
    --taken_;
  });
  return true;
}

}  // namespace kso
