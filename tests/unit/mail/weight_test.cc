#include "signet/mail/weight.h"

#include <gtest/gtest.h>

#include <string>

namespace signet::mail {
namespace {

struct WeightCase {
  const char* header;
  Weight want;
};

TEST(Weight, GoesByPriorityAndPrecedence) {
  const WeightCase cases[] = {
      {"Subject: x\r\n", {0, Urgency::normal}},
      {"Priority: urgent\r\n", {0, Urgency::urgent}},
      {"PRIORITY: Non-Urgent\r\n", {0, Urgency::non_urgent}},
      {"Precedence: bulk\r\n", {-60, Urgency::non_urgent}},
      {"Precedence: junk\r\nPriority: normal\r\n", {-100, Urgency::normal}},
      {"Precedence: special-delivery\r\n", {100, Urgency::urgent}},
      {"Precedence: who knows\r\nPriority: high\r\n", {0, Urgency::normal}},
      {"Subject: x\r\n\r\nPriority: urgent\r\n", {0, Urgency::normal}},
  };
  for (const auto& one : cases) EXPECT_EQ(weight_of(one.header), one.want) << one.header;
}

}  // namespace
}  // namespace signet::mail
