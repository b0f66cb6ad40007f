// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_HTTP_BODY_BUDGET_H_
#define KSO_COORDINATOR_HTTP_BODY_BUDGET_H_

#include <atomic>
#include <cstddef>

namespace kso::coordinator {

// The memory that the bodies of all requests may take together. Thread safe.
class BodyBudget {
 public:
  explicit BodyBudget(size_t bytes) : left_(static_cast<ptrdiff_t>(bytes)) {}

  // Returns whether there was so much left, and takes it.
  bool Take(size_t bytes) {
    const auto taken = static_cast<ptrdiff_t>(bytes);
    if (left_.fetch_sub(taken) >= taken) return true;
    left_.fetch_add(taken);
    return false;
  }
  void GiveBack(size_t bytes) { left_ += static_cast<ptrdiff_t>(bytes); }

 private:
  std::atomic<ptrdiff_t> left_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_HTTP_BODY_BUDGET_H_
