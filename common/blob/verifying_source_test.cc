// SPDX-License-Identifier: Apache-2.0
#include "common/blob/verifying_source.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace kso {
namespace {

constexpr std::string_view kText = "what was promised";

absl::StatusOr<std::string> ReadThrough(std::string_view bytes,
                                        std::optional<int64_t> size,
                                        std::optional<bool>* verdict) {
  auto source =
      CreateVerifyingSource(SourceOfString(bytes), Sha256Of(kText), size,
                            [verdict](bool right) { *verdict = right; });
  return ReadAll(*source, 1000);
}

TEST(VerifyingSourceTest, HandsOnRightBytes) {
  std::optional<bool> verdict;
  EXPECT_EQ(*ReadThrough(kText, kText.size(), &verdict), kText);
  EXPECT_EQ(verdict, true);
  EXPECT_EQ(*ReadThrough(kText, std::nullopt, &verdict), kText);
}

TEST(VerifyingSourceTest, WrongShortAndLongBytesAreDataLoss) {
  for (const std::string_view bytes :
       {"what was promisee", "what was", "", "what was promised and more"}) {
    for (const std::optional<int64_t> size :
         {std::optional<int64_t>(kText.size()), std::optional<int64_t>()}) {
      std::optional<bool> verdict;
      EXPECT_TRUE(absl::IsDataLoss(ReadThrough(bytes, size, &verdict).status()))
          << bytes;
      if (bytes.size() <= kText.size()) {
        EXPECT_EQ(verdict, false) << bytes;
      }
    }
  }
}

TEST(VerifyingSourceTest, TheLastByteOfWrongOnesIsNotHandedOut) {
  auto source =
      CreateVerifyingSource(SourceOfString("wrong"), Sha256Of("right"), 5);
  char buffer[5];
  EXPECT_TRUE(source->Read(buffer, 4).ok());
  EXPECT_TRUE(absl::IsDataLoss(source->Read(buffer, 1).status()));
  EXPECT_TRUE(absl::IsDataLoss(source->Read(buffer, 1).status()));
}

TEST(VerifyingSourceTest, EmptyIsVerifiedToo) {
  auto right = CreateVerifyingSource(SourceOfString(""), Sha256Of(""), 0);
  EXPECT_EQ(*ReadAll(*right, 10), "");
  auto wrong = CreateVerifyingSource(SourceOfString(""), Sha256Of("x"), 0);
  EXPECT_TRUE(absl::IsDataLoss(ReadAll(*wrong, 10).status()));
}

}  // namespace
}  // namespace kso
