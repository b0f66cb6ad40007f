// SPDX-License-Identifier: Apache-2.0
#include "coordinator/status/page.h"

namespace kso::coordinator {

const std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

}  // namespace kso::coordinator
