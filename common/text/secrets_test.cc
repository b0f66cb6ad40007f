// SPDX-License-Identifier: Apache-2.0
#include "common/text/secrets.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "common/base/status_notes.h"

namespace kso {
namespace {

const std::string kBasic = "Basic " + absl::Base64Escape("alice:TopSecret+1");

TEST(SecretsTest, WhatARegistryMayEchoOfALoginIsHidden) {
  Secrets secrets;
  secrets.AddHeader(kBasic);
  EXPECT_EQ(secrets.Redact("bad header: " + kBasic), "bad header: Basic ***");
  EXPECT_EQ(secrets.Redact("alice:TopSecret+1"), "***");
  EXPECT_EQ(secrets.Redact("user alice, password TopSecret+1"),
            "user ***, password ***");
  EXPECT_EQ(secrets.Redact("?pw=TopSecret%2B1&x"), "?pw=***&x");
}

TEST(SecretsTest, TokensAndTheirPartsAreHidden) {
  Secrets secrets;
  const std::string header(40, 'h');
  const std::string claims(300, 'c');
  secrets.AddHeader("Bearer " + header + "." + claims + ".sig");
  EXPECT_EQ(secrets.Redact("got " + header + "." + claims + ".sig"), "got ***");
  EXPECT_EQ(secrets.Redact("claims " + claims + " are bad"),
            "claims *** are bad");
  secrets.AddLogin("", "", "idtok");
  EXPECT_EQ(secrets.Redact("idtok is over"), "*** is over");
}

TEST(SecretsTest, EachFormOfASecretIsHidden) {
  Secrets secrets;
  secrets.AddLogin("", "C4nary/a+b=9", "");
  for (const char* form :
       {"C4nary/a+b=9", "C4nary%2Fa%2Bb%3D9", "C4nary/a%2Bb%3D9",
        "C4nary%2fa%2bb%3d9", "C4nary/a%2bb%3d9", "QzRuYXJ5L2ErYj05"}) {
    EXPECT_EQ(secrets.Redact(std::string("it was ") + form + "."),
              "it was ***.");
  }
}

TEST(SecretsTest, OnlyTheDigitsOfACodeChangeTheirCase) {
  Secrets secrets;
  secrets.AddLogin("", "C4n\xC3\xA4ry/A+B", "");
  for (const char* form :
       {"C4n%C3%A4ry%2FA%2BB", "C4n%c3%a4ry%2fA%2bB", "C4n%c3%a4ry/A%2bB"}) {
    EXPECT_EQ(secrets.Redact(std::string("it was ") + form + "."),
              "it was ***.");
  }
}

TEST(SecretsTest, WhatIsTooShortToSayAnythingStays) {
  Secrets secrets;
  secrets.AddLogin("bob", "abc", "");
  EXPECT_EQ(secrets.Redact("bob and the abc"), "bob and the abc");
  secrets.AddLogin("bobo", "abcd", "");
  EXPECT_EQ(secrets.Redact("bobo and the abcd"), "*** and the ***");
}

TEST(SecretsTest, ShortPartsOfATokenStay) {
  Secrets secrets;
  const std::string part(16, 'p');
  const std::string shorter(15, 's');
  secrets.AddHeader("Bearer " + part + "." + shorter);
  EXPECT_EQ(secrets.Redact(part + " and " + shorter), "*** and " + shorter);
}

TEST(SecretsTest, UserNamesStayInErrorsForRepositoriesHaveThemToo) {
  Secrets secrets;
  secrets.AddHeader(kBasic);
  EXPECT_EQ(secrets
                .Redact(absl::InvalidArgumentError(
                    "pushing to alice/app with TopSecret+1"))
                .message(),
            "pushing to alice/app with ***");
}

TEST(SecretsTest, TheNotesOfAnErrorStay) {
  Secrets secrets;
  secrets.AddHeader(kBasic);
  const absl::Status status = secrets.Redact(
      RetryNotBefore(absl::UnavailableError("TopSecret+1"), absl::Seconds(3)));
  EXPECT_EQ(status.message(), "***");
  EXPECT_EQ(RetryDelay(status), absl::Seconds(3));
  EXPECT_TRUE(secrets.Redact(absl::OkStatus()).ok());
}

TEST(SecretsTest, WithoutAnySecretTextStays) {
  Secrets secrets;
  secrets.AddHeader("Basic");
  secrets.AddHeader("Basic !!!");
  secrets.AddLogin("", "", "");
  EXPECT_EQ(secrets.Redact("a b c"), "a b c");
}

}  // namespace
}  // namespace kso
