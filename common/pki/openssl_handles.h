// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_PKI_OPENSSL_HANDLES_H_
#define KSO_COMMON_PKI_OPENSSL_HANDLES_H_

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace kso::pki {

// OpenSSL's objects with owners. Only the sources of this room include this:
// its headers name no function of OpenSSL.

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using UniqueKey = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using UniqueKeyContext =
    std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using UniqueDigestContext =
    std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using UniqueX509 = std::unique_ptr<X509, FreeWith<X509_free>>;
using UniqueRequest = std::unique_ptr<X509_REQ, FreeWith<X509_REQ_free>>;
using UniqueExtension =
    std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;
using UniqueStore = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;
using UniqueStoreContext =
    std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;
using UniqueBio = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using UniqueNumber = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using UniqueObject = std::unique_ptr<ASN1_OBJECT, FreeWith<ASN1_OBJECT_free>>;
using UniqueGeneralNames =
    std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;
using UniqueGeneralName =
    std::unique_ptr<GENERAL_NAME, FreeWith<GENERAL_NAME_free>>;

// INTERNAL "cannot WHAT: REASON" with the first reason that OpenSSL gives in
// this thread; forgets all of its reasons.
absl::Status CryptoError(std::string_view what);

// A BIO that reads `text`, which must outlive it. Null where memory is out.
UniqueBio ReadingBio(std::string_view text);
// A BIO in memory, and what was written to it.
UniqueBio MemoryBio();
std::string ContentOf(BIO* bio);

}  // namespace kso::pki

#endif  // KSO_COMMON_PKI_OPENSSL_HANDLES_H_
