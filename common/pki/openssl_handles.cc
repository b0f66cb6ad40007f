// SPDX-License-Identifier: Apache-2.0
#include "common/pki/openssl_handles.h"

#include <openssl/err.h>

#include "common/base/strings.h"

namespace kso::pki {

absl::Status CryptoError(std::string_view what) {
  const unsigned long error = ERR_get_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  ERR_clear_error();
  return absl::InternalError(Concat("cannot ", what,
                                    reason == nullptr ? "" : ": ",
                                    reason == nullptr ? "" : reason));
}

UniqueBio ReadingBio(std::string_view text) {
  // OpenSSL refuses a null pointer, which an empty view may have.
  return UniqueBio(BIO_new_mem_buf(text.empty() ? "" : text.data(),
                                   static_cast<int>(text.size())));
}

UniqueBio MemoryBio() { return UniqueBio(BIO_new(BIO_s_mem())); }

std::string ContentOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<size_t>(size))
                  : std::string();
}

}  // namespace kso::pki
