// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_HASH_H_
#define KSO_TESTS_UPSTREAM_HASH_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace kso::upstream {

// Lower-case hexadecimal SHA-256.
std::string Sha256Hex(std::string_view data);

// The digest as registries write it, "sha256:<hex>".
std::string Sha256Digest(std::string_view data);

std::string HmacSha256Hex(std::string_view key, std::string_view data);

// A seed for generated content: the same text, the same content for ever.
uint64_t SeedOf(std::string_view text);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_HASH_H_
