#include "table/ldap_filter.h"

#include <gtest/gtest.h>

namespace signet::table {
namespace {

// What a client may say as an address or a name stays data.
TEST(LdapFilter, TakesTheKeyAsData) {
  const struct {
    std::string_view filter, key, want;
  } cases[] = {
      {"(mail=%0)", "a@b.example", "(mail=a@b.example)"},
      {"(|(mail=%0)(uid=%s))", "x", "(|(mail=x)(uid=x))"},
      {"(mail=%0)", "*", "(mail=\\2a)"},
      {"(mail=%s)", "a)(uid=*", "(mail=a\\29\\28uid=\\2a)"},
      {"(mail=%0)", "a\\b", "(mail=a\\5cb)"},
      {"(mail=%0)", std::string_view("a\0b", 3), "(mail=a\\00b)"},
      {"(mail=%0)", "\xc3\xa9", "(mail=\\c3\\a9)"},
      {"(mail=%0)", "%0%s", "(mail=%0%s)"},
      {"(mail=%1%%0%", "x", "(mail=%1%x%"},
      {"(mail=x)", "y", "(mail=x)"},
      {"", "y", ""},
  };
  for (const auto& one : cases) EXPECT_EQ(fill_ldap_filter(one.filter, one.key), one.want);
}

}  // namespace
}  // namespace signet::table
