// SPDX-License-Identifier: Apache-2.0
#include "common/pki/signer.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/small_file.h"
#include "common/pki/keys.h"
#include "common/pki/openssl_handles.h"
#include "common/run/subprocess.h"
#include "common/text/text.h"

namespace kso::pki {
namespace {

constexpr absl::Duration kCommandTime = absl::Seconds(30);

using UniqueUi = std::unique_ptr<UI_METHOD, FreeWith<UI_destroy_method>>;
using UniqueStoreReader =
    std::unique_ptr<OSSL_STORE_CTX, FreeWith<OSSL_STORE_close>>;
using UniqueStoreInfo =
    std::unique_ptr<OSSL_STORE_INFO, FreeWith<OSSL_STORE_INFO_free>>;

// Answers OpenSSL's question for a pass phrase with the string at `user`.
int GivePassphrase(char* buffer, int size, int, void* user) {
  const auto& passphrase = *static_cast<const std::string*>(user);
  if (passphrase.empty() || std::cmp_greater(passphrase.size(), size)) {
    return -1;
  }
  passphrase.copy(buffer, passphrase.size());
  return static_cast<int>(passphrase.size());
}

// Ed25519 hashes by itself, and takes no other digest (RFC 8032).
const EVP_MD* DigestFor(EVP_PKEY* key) {
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256();
}

const unsigned char* BytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

class KeySigner final : public Signer {
 public:
  explicit KeySigner(UniqueKey key) : key_(std::move(key)) {}

  absl::StatusOr<std::string> Sign(std::string_view bytes) override {
    const UniqueDigestContext context(EVP_MD_CTX_new());
    size_t size = 0;
    if (context == nullptr ||
        EVP_DigestSignInit(context.get(), nullptr, DigestFor(key_.get()),
                           nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, BytesOf(bytes),
                       bytes.size()) != 1) {
      return CryptoError("sign with the key");
    }
    std::string signature(size, '\0');
    if (EVP_DigestSign(context.get(),
                       reinterpret_cast<unsigned char*>(signature.data()),
                       &size, BytesOf(bytes), bytes.size()) != 1) {
      return CryptoError("sign with the key");
    }
    signature.resize(size);
    return signature;
  }

 private:
  const UniqueKey key_;
};

class CommandSigner final : public Signer {
 public:
  explicit CommandSigner(std::string command) : command_(std::move(command)) {}

  absl::StatusOr<std::string> Sign(std::string_view bytes) override {
    const std::filesystem::path file = std::filesystem::temp_directory_path() /
                                       Concat("kso-sign-", RandomHex(32));
    KSO_RETURN_IF_ERROR(WriteNewFile(file, bytes, kSecretFileMode));
    const absl::Cleanup remove = [&file] {
      std::error_code error;
      std::filesystem::remove(file, error);
    };
    RunOptions options;
    options.timeout = kCommandTime;
    KSO_ASSIGN_OR_RETURN(const RunResult result,
                         RunProgram({command_, file.string()}, options));
    std::string signature;
    if (result.exit_status != 0 ||
        !absl::Base64Unescape(absl::StripAsciiWhitespace(result.output),
                              &signature) ||
        signature.empty()) {
      return absl::FailedPreconditionError(Concat(
          command_, " made no signature (exit status ", result.exit_status,
          "); it should write one in base64 to its standard output"));
    }
    return signature;
  }

 private:
  const std::string command_;
};

// Null where there is none.
UniqueKey ReadPublicKey(std::string_view pem) {
  const UniqueBio bio = ReadingBio(pem);
  UniqueKey key(bio == nullptr ? nullptr
                               : PEM_read_bio_PUBKEY(bio.get(), nullptr,
                                                     nullptr, nullptr));
  ERR_clear_error();
  return key;
}

absl::Status NoPublicKey() {
  return absl::InvalidArgumentError("this is not a public key in PEM");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Signer>> CreateKeySigner(
    const std::string& uri, const std::string& passphrase) {
  std::string secret = passphrase;
  const UniqueUi ui(UI_UTIL_wrap_read_pem_callback(GivePassphrase, 0));
  const UniqueStoreReader store(
      OSSL_STORE_open(uri.c_str(), ui.get(), &secret, nullptr, nullptr));
  while (store != nullptr && OSSL_STORE_eof(store.get()) == 0) {
    const UniqueStoreInfo info(OSSL_STORE_load(store.get()));
    if (info == nullptr) break;
    if (OSSL_STORE_INFO_get_type(info.get()) != OSSL_STORE_INFO_PKEY) continue;
    ERR_clear_error();
    return std::make_unique<KeySigner>(
        UniqueKey(OSSL_STORE_INFO_get1_PKEY(info.get())));
  }
  ERR_clear_error();
  return absl::InvalidArgumentError(
      Concat(uri,
             " has no private key that can be read: give a file in PEM, with "
             "its pass phrase if it is encrypted, or a URI that an OpenSSL "
             "provider knows"));
}

absl::StatusOr<std::unique_ptr<Signer>> CreateCommandSigner(
    const std::string& command) {
  // As shells do, a name without a slash is looked up.
  const std::optional<std::string> program =
      command.find('/') == std::string::npos ? FindProgram(command) : command;
  if (!program || access(program->c_str(), X_OK) != 0) {
    return absl::InvalidArgumentError(
        Concat("there is no program ", command, " to sign with"));
  }
  return std::make_unique<CommandSigner>(*program);
}

absl::StatusOr<std::string> PublicKeyName(std::string_view public_key) {
  UniqueKey key = ReadPublicKey(public_key);
  if (key == nullptr) return NoPublicKey();
  const PublicKey named{std::shared_ptr<EVP_PKEY>(std::move(key))};
  KSO_ASSIGN_OR_RETURN(const std::string fingerprint, named.Fingerprint());
  return Concat("sha256:", fingerprint);
}

absl::Status VerifySignature(std::string_view public_key,
                             std::string_view bytes,
                             std::string_view signature) {
  const UniqueKey key = ReadPublicKey(public_key);
  if (key == nullptr) return NoPublicKey();
  const UniqueDigestContext context(EVP_MD_CTX_new());
  const bool right =
      context != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, DigestFor(key.get()),
                           nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), BytesOf(signature), signature.size(),
                       BytesOf(bytes), bytes.size()) == 1;
  ERR_clear_error();
  if (right) return absl::OkStatus();
  return absl::DataLossError("the signature is not by this key");
}

}  // namespace kso::pki
