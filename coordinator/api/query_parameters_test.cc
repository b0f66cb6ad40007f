// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/query_parameters.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Query = std::vector<std::pair<std::string, std::string>>;

class QueryParametersTest : public ::testing::Test {
 protected:
  QueryParameters& Ask(const Query& query) {
    request_.query = query;
    return parameters_.emplace(request_);
  }
  std::string Error() {
    const absl::Status status = parameters_->End();
    EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status));
    return std::string(status.message());
  }

  HttpRequest request_;
  std::optional<QueryParameters> parameters_;
};

TEST_F(QueryParametersTest, ATextIsThatOfItsName) {
  EXPECT_EQ(Ask({{"a", "1"}, {"b", "2"}, {"c", "3"}}).Text("b"), "2");
  EXPECT_EQ(parameters_->Text("a"), "1");
  EXPECT_EQ(parameters_->Text("c"), "3");
  EXPECT_EQ(parameters_->Text("d"), "");
  EXPECT_EQ(Error(), "");
}

TEST_F(QueryParametersTest, ATextIsThereOnce) {
  Ask({{"a", "1"}, {"a", "2"}}).Text("a");
  EXPECT_EQ(Error(), "the parameter a is \"2\", and it is there twice");
}

TEST_F(QueryParametersTest, ATextIsBoundedUtf8) {
  EXPECT_EQ(Ask({{"a", std::string(256, 'x')}}).Text("a"),
            std::string(256, 'x'));
  EXPECT_EQ(Error(), "");
  Ask({{"a", std::string(257, 'x')}}).Text("a");
  EXPECT_THAT(Error(), HasSubstr("too long or not UTF-8"));
  Ask({{"a", "\xff"}}).Text("a");
  EXPECT_THAT(Error(), HasSubstr("too long or not UTF-8"));
}

TEST_F(QueryParametersTest, AListIsTheItemsOfAllItsValues) {
  EXPECT_THAT(Ask({{"a", "1,,2"}, {"b", "3"}, {"a", ""}, {"a", "4"}}).List("a"),
              ElementsAre("1", "2", "4"));
  EXPECT_THAT(parameters_->List("b"), ElementsAre("3"));
  EXPECT_THAT(parameters_->List("c"), IsEmpty());
  EXPECT_EQ(Error(), "");
}

TEST_F(QueryParametersTest, ANumberIsWithinItsBounds) {
  for (const auto& [text, number] :
       std::vector<std::pair<std::string, int64_t>>{
           {"-5", -5}, {"-4", -4}, {"0", 0}, {"6", 6}, {"7", 7}, {"", 3}}) {
    EXPECT_EQ(Ask({{"n", text}}).Number("n", -5, 7, 3), number) << text;
    EXPECT_EQ(Error(), "") << text;
  }
  EXPECT_EQ(Ask({}).Number("n", -5, 7, 3), 3);
  EXPECT_EQ(Error(), "");
  for (const std::string text : {"-6", "8", "x", "1.5", "1x"}) {
    EXPECT_EQ(Ask({{"n", text}}).Number("n", -5, 7, 3), 3) << text;
    EXPECT_EQ(Error(), "the parameter n is \"" + text +
                           "\", and is a number from -5 to 7");
  }
}

TEST_F(QueryParametersTest, APageHasOneToAThousandItems) {
  EXPECT_EQ(Ask({}).Limit(), 100);
  EXPECT_EQ(Ask({{"limit", "1"}}).Limit(), 1);
  EXPECT_EQ(Error(), "");
  EXPECT_EQ(Ask({{"limit", "1000"}}).Limit(), 1000);
  EXPECT_EQ(Error(), "");
  for (const std::string text : {"0", "1001"}) {
    Ask({{"limit", text}}).Limit();
    EXPECT_THAT(Error(), HasSubstr("from 1 to 1000")) << text;
  }
}

TEST_F(QueryParametersTest, ATokenIsANumberInOneSpelling) {
  for (const std::string token : {"", "1", "10", "999999999999999999"}) {
    EXPECT_EQ(Ask({{"pageToken", token}}).PageToken(), token);
    EXPECT_EQ(Error(), "");
  }
  for (const std::string token :
       {"0", "01", "+1", " 1", "1 ", "-1", "x", "1000000000000000000"}) {
    EXPECT_EQ(Ask({{"pageToken", token}}).PageToken(), "");
    EXPECT_THAT(Error(), HasSubstr("there is no such page")) << token;
  }
}

TEST_F(QueryParametersTest, OthersAreRefused) {
  EXPECT_EQ(Ask({{"a", "1"}, {"x", "2"}}).Text("a"), "1");
  EXPECT_THAT(Error(), HasSubstr("there is no parameter \"x\" here"));
  // One that is read as a list is known, too.
  Ask({{"a", "1"}}).List("a");
  EXPECT_EQ(Error(), "");
}

TEST_F(QueryParametersTest, TheFirstThingThatIsWrongIsTold) {
  Ask({{"n", "x"}, {"other", "1"}, {"limit", "0"}}).Number("n", 0, 1, 0);
  parameters_->Limit();
  EXPECT_THAT(Error(), HasSubstr("the parameter n is \"x\""));
}

}  // namespace
}  // namespace kso::coordinator
