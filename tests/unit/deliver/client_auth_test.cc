#include "deliver/client_auth.h"

#include <gtest/gtest.h>

namespace signet::deliver {
namespace {

using Names = std::vector<std::string>;

struct Case {
  const char* what;
  Names offered;
  Names ours;
  Names of_authinfo;
  bool tls;
  Names usable;
};

TEST(ClientAuth, ChoosesWhatAuthinfoNamesElseOurs) {
  const Case cases[] = {
      {"ours", {"PLAIN", "CRAM-MD5"}, {"CRAM-MD5"}, {}, true, {"CRAM-MD5"}},
      {"authinfo instead of ours", {"PLAIN", "CRAM-MD5"}, {"CRAM-MD5"}, {"PLAIN"}, true, {"PLAIN"}},
      {"case does not matter", {"cram-md5"}, {"CRAM-MD5"}, {}, true, {"cram-md5"}},
      {"nothing in common", {"GSSAPI"}, {"CRAM-MD5"}, {"PLAIN"}, true, {}},
      {"no password in clear", {"PLAIN", "LOGIN"}, {}, {"PLAIN", "LOGIN"}, false, {}},
      {"no password in clear",
       {"LOGIN", "CRAM-MD5"},
       {"LOGIN", "CRAM-MD5"},
       {},
       false,
       {"CRAM-MD5"}},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.what);
    policy::AuthInfo info;
    info.mechanisms = one.of_authinfo;
    mail::TlsFacts tls;
    if (one.tls) tls.version = "TLSv1.3";
    ASSERT_EQ(tls.active(), one.tls);
    EXPECT_EQ(usable_mechanisms(one.offered, one.ours, info, tls), one.usable);
  }
}

}  // namespace
}  // namespace signet::deliver
