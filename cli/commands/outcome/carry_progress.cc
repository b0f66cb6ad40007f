// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/outcome/carry_progress.h"

#include <memory>
#include <ostream>

#include "cli/render/text.h"

namespace kso::cli {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(200);

}  // namespace

CarryProgress ShowProgress(const Context& context) {
  if (!context.console.err_is_terminal) return nullptr;
  auto shown_at = std::make_shared<absl::Time>(absl::InfinitePast());
  return [&context, shown_at](int64_t done, int64_t total) {
    const absl::Time now = context.clock->Now();
    if (done < total && now - *shown_at < kInterval) return;
    *shown_at = now;
    *context.console.err << "\r\x1b[K  " << FormatBytes(done) << " of "
                         << FormatBytes(total)
                         << (done < total ? "" : "\r\x1b[K") << std::flush;
  };
}

}  // namespace kso::cli
