#include "signet/dns/mx.h"

#include <set>

#include <gtest/gtest.h>

namespace signet::dns {
namespace {

using Outcome = MxChoice::Outcome;

std::string shown(const MxChoice& choice) {
  switch (choice.outcome) {
    case Outcome::null_mx:
      return "null";
    case Outcome::no_host:
      return "no host";
    case Outcome::temporary:
      return "temporary";
    case Outcome::loops_back:
      return "loops back";
    case Outcome::hosts:
      break;
  }
  std::string text = choice.implicit ? "implicit" : "";
  for (const auto& host : choice.hosts) text += (text.empty() ? "" : " ") + host;
  return text;
}

TEST(ChooseMx, PutsHostsInTheirOrderAndLeavesOursOut) {
  const std::vector<std::string> ours{"mx.own.example", "own.example"};
  const struct {
    const char* name;
    Answer<MxRecord> answer;
    const char* want;
  } cases[] = {
      {"temporary failure", {}, "temporary"},
      {"no such domain", {.found = Found::no_name}, "no host"},
      {"no MX", {.found = Found::no_data}, "implicit d.example"},
      {"an answer without records", {.found = Found::yes}, "implicit d.example"},
      {"by preference",
       {.found = Found::yes, .records = {{20, "b.example"}, {10, "a.example"}, {30, "c.example"}}},
       "a.example b.example c.example"},
      {"null MX", {.found = Found::yes, .records = {{0, ""}}}, "null"},
      {"null MX beside another",
       {.found = Found::yes, .records = {{0, ""}, {10, "a.example"}}},
       "a.example"},
      {"the same host twice",
       {.found = Found::yes, .records = {{10, "a.example"}, {20, "b.example"}, {30, "a.example"}}},
       "a.example b.example"},
      {"we are backup",
       {.found = Found::yes,
        .records =
            {{10, "a.example"}, {20, "MX.own.example"}, {20, "b.example"}, {30, "c.example"}}},
       "a.example"},
      {"we are best",
       {.found = Found::yes, .records = {{10, "mx.own.example"}, {20, "b.example"}}},
       "loops back"},
      {"we are there twice",
       {.found = Found::yes,
        .records =
            {{30, "own.example"}, {10, "a.example"}, {20, "mx.own.example"}, {25, "b.example"}}},
       "a.example"},
      {"highest preference",
       {.found = Found::yes, .records = {{65535, "mx.own.example"}, {65534, "a.example"}}},
       "a.example"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(shown(choose_mx("d.example", one.answer, ours, 1)), one.want) << one.name;
  }
}

TEST(ChooseMx, ShufflesEqualPreferencesOnly) {
  const Answer<MxRecord> answer{.found = Found::yes,
                                .records = {{10, "a"}, {10, "b"}, {10, "c"}, {20, "last"}}};
  std::set<std::string> orders;
  for (std::uint32_t random = 0; random < 200; ++random) {
    const auto choice = choose_mx("d.example", answer, {}, random);
    ASSERT_EQ(choice.hosts.size(), 4U);
    EXPECT_EQ(choice.hosts.back(), "last");
    orders.insert(shown(choice));
  }
  EXPECT_EQ(orders.size(), 6U);
}

}  // namespace
}  // namespace signet::dns
