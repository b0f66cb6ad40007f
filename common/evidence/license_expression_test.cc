// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/license_expression.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace kso::evidence {
namespace {

TEST(LicenseExpressionTest, IsWrittenAsTheListHasIt) {
  struct Case {
    const char* text;
    const char* expression;
  };
  for (const Case& test : {
           Case{"Apache-2.0", "Apache-2.0"},
           Case{" apache-2.0\n", "Apache-2.0"},
           Case{"MIT AND BSD-2-Clause", "MIT AND BSD-2-Clause"},
           Case{"Apache-2.0 AND (MIT OR bsd-3-clause)",
                "Apache-2.0 AND (MIT OR BSD-3-Clause)"},
           Case{"((MIT))", "((MIT))"},
           Case{"(MIT)OR(ISC)", "(MIT) OR (ISC)"},
           Case{"GPL-2.0+", "GPL-2.0+"},
           Case{"AFL-3.0+", "AFL-3.0+"},
           Case{"GPL-2.0-only WITH Linux-syscall-note",
                "GPL-2.0-only WITH Linux-syscall-note"},
       }) {
    EXPECT_EQ(LicenseExpression(test.text), test.expression) << test.text;
  }
}

TEST(LicenseExpressionTest, WhatIsNoneIsNone) {
  for (const char* text :
       {"",
        " ",
        "()",
        "(MIT",
        "MIT)",
        "MIT AND",
        "AND MIT",
        "MIT MIT",
        "MIT, ISC",
        "MIT/ISC",
        "MIT and ISC",
        "Apache License 2.0",
        "https://example.com/license",
        "NOASSERTION",
        "NONE",
        "Proprietary",
        "LicenseRef-ours",
        "MIT WITH",
        "MIT WITH MIT",
        "WITH",
        "+",
        "MIT++",
        "GPL-2.0-only WITH Classpath-exception-2.0 WITH GCC-exception-3.1"}) {
    EXPECT_EQ(LicenseExpression(text), std::nullopt) << text;
  }
}

TEST(LicenseExpressionTest, ALongTextIsNone) {
  EXPECT_EQ(LicenseExpression(std::string(100'000, '(')), std::nullopt);
}

}  // namespace
}  // namespace kso::evidence
