// SPDX-License-Identifier: Apache-2.0
#include "common/run/exceptions.h"

#include <exception>
#include <new>
#include <system_error>

#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/text/printable_text.h"

namespace kso {

absl::Status StatusOfException() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return Exhausted(Resource::kMemory,
                     "there is not enough memory on this machine");
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::resource_unavailable_try_again) {
      return absl::ResourceExhaustedError(PrintableText(error.what()));
    }
    return absl::InternalError(
        Concat("an error of the system: ", PrintableText(error.what())));
  } catch (const std::exception& error) {
    return absl::InternalError(
        Concat("an error of the program: ", PrintableText(error.what())));
  } catch (...) {
    return absl::InternalError("an error of the program without words");
  }
}

}  // namespace kso
