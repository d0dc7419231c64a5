#include "signet/policy/dead_entry.h"

#include <gtest/gtest.h>

namespace signet::policy {
namespace {

struct Entry {
  MapUse use;
  const char* key;
  const char* value;
  const char* why;  // part of it; empty: the entry is fine
};

TEST(DeadEntry, SaysWhatIsNeverLookedUp) {
  using enum MapUse;
  const std::vector<Entry> entries = {
      {access, "connect:192.0.2.1", "REJECT", ""},
      {access, "connect:192.0.2", "RELAY", ""},
      {access, "192.0.2.1", "550 5.7.1 Go away", ""},
      {access, "ipv6:2001:db8:0:0:0:0:0:5", "OK", ""},
      {access, "connect:ipv6:2001:db8", "RELAY", ""},
      {access, "connect:[192.0.2.7]", "OK", ""},
      {access, "from:user@example.org", "DISCARD", ""},
      {access, "from:user@", "REJECT", ""},
      {access, "user+*@example.org", "OK", ""},
      {access, "example.org", "relay", ""},
      {access, "to:example.org", "QUARANTINE:look", ""},
      {access, "to:example.org", "ERROR:5.7.1:\"550 no\"", ""},
      {access, "tls_srv:", "VERIFY:128", ""},
      {access, "srv_features:", "v s", ""},
      {access, "clientrate:127.0.0.1", "0", ""},
      {access, "certissuer:/c=de/cn=ca", "RELAY", ""},
      {access, "mine:/c=de/cn=ca", "OK", ""},
      {access, "connect:192.0.2.0/24", "REJECT", ""},
      {access, "192.0.2.0/23", "RELAY", ""},
      {access, "connect:ipv6:2001:db8::/32", "REJECT", ""},
      {access, "connect:ipv6:2001:db8:0:0:0:0:0:0/32", "REJECT", ""},
      {access, "clientrate:0.0.0.0/0", "5", ""},
      {access, "connect:192.0.2.1/24", "REJECT", "looked up as 192.0.2.0/24"},
      {access, "connect:192.0.2/24", "REJECT", "no network"},
      {access, "connect:192.0.2.0/33", "REJECT", "no network"},
      {access, "connect:192.0.2.0/255.255.255.0", "REJECT", "no network"},
      {access, "connect:ipv6:2001:db8:0::/32", "REJECT", "looked up as IPv6:2001:db8::/32"},
      {access, "from:192.0.2.0/24", "REJECT", "Connect: is"},
      {access, "connect:192.0.2.", "REJECT", "dot at the end"},
      {access, "from:example.org.", "REJECT", "dot at the end"},
      {access, "connect:2001:db8:0:0:0:0:0:5", "REJECT", "IPv6:2001:db8:0:0:0:0:0:5"},
      {access, "2001:db8::5", "REJECT", "IPv6:2001:db8::5"},
      {access, "connect:ipv6:2001:db8:", "REJECT", "last colon"},
      {access, "connect:*.example.org", "REJECT", "patterns"},
      {access, "from:*@example.org", "REJECT", "patterns"},
      {access, "@example.org", "REJECT", "without the @"},
      {access, "\"user\"@example.org", "REJECT", "quotes"},
      {access, "connect:192.0.2.1", "\"ERROR:5.7.1:550 no\"", "quotes behind"},
      {access, "connect:192.0.2.1", "REJCT", "none of OK"},
      {access, "conect:192.0.2.1", "REJECT", "conect"},
      {access, "helo:example.org", "REJECT", "block_bad_helo"},
      {access, "connect:", "192.0.2.1 REJECT", "blank"},
      {access, "tls_clt:", "192.0.2.1 VERIFY", "blank"},
      {access, "connect:", "REJECT", "tag alone"},
      {access, "greetpause:", "5000", "FEATURE(`greet_pause')"},
      {access, "clientrate:", "10", ""},
      {access, "authinfo:", "\"U:me@example.org\" \"P:secret\"", ""},
      {access, "tls_srv:", "VERIFY+CN:mx.example.org", ""},
      {access, "tls_srv:", "VERIFY:112 + CN", ""},
      {access, "clientrate:mx.example.org", "3", "only addresses"},
      {mailertable, "example.org", "esmtp:[192.0.2.1]", ""},
      {mailertable, ".example.org", "local:", ""},
      {mailertable, "example.org", "mx.example.org", "mailer:host"},
      {mailertable, "user@example.org", "esmtp:a", "no addresses"},
      {mailertable, "*.example.org", "esmtp:a", "patterns"},
      {virtusertable, "@example.org", "%1@example.com", ""},
      {virtusertable, "a+*@example.org", "b", ""},
      {virtusertable, "alice", "bob", "without @"},
      {virtusertable, "alice@example.org", "bob, carol", "one address"},
      {virtusertable, "dave@example.org", "error:5.1.1:550 gone, sorry", ""},
      {virtusertable, "*@example.org", "bob", "patterns"},
      {virtusertable, "@example.org.", "bob", "dot"},
      {domaintable, "old.example", "new.example", ""},
      {domaintable, "old.example.", "new.example", "dot"},
      {authinfo, "authinfo:mx.example.org", "\"U:me\"", ""},
      {authinfo, "mx.example.org", "\"U:me\"", "AuthInfo:"},
      {unknown, "192.0.2.0/24", "x", ""},
  };
  for (const auto& entry : entries) {
    const auto why = why_dead(entry.key, entry.value, {.use = entry.use});
    if (*entry.why == '\0') {
      EXPECT_EQ(why.value_or(""), "") << entry.key << ' ' << entry.value;
    } else {
      EXPECT_NE(why.value_or("").find(entry.why), std::string::npos)
          << entry.key << ' ' << entry.value << ": " << why.value_or("nothing");
    }
  }
}

TEST(DeadEntry, KnowsWhatTheConfigurationSays) {
  EXPECT_TRUE(why_dead("Example.org", "OK", {.use = MapUse::access, .keep_case = true}));
  EXPECT_FALSE(why_dead("example.org", "OK", {.use = MapUse::access, .keep_case = true}));
  const auto with = [](bool compressed, bool dotted) {
    return EntryRules{
        .use = MapUse::access, .compressed_ipv6 = compressed, .lookup_dot_domain = dotted};
  };
  EXPECT_TRUE(why_dead("connect:ipv6:2001:db8::5", "OK", with(false, false)));
  EXPECT_FALSE(why_dead("connect:ipv6:2001:db8::5", "OK", with(true, false)));
  EXPECT_TRUE(why_dead("connect:.example.org", "OK", with(false, false)));
  EXPECT_FALSE(why_dead("connect:.example.org", "OK", with(false, true)));
}

TEST(DeadEntry, GuessesTheUseByTheName) {
  EXPECT_EQ(usual_use("/etc/mail/access"), MapUse::access);
  EXPECT_EQ(usual_use("virtusertable.db"), MapUse::virtusertable);
  EXPECT_EQ(usual_use("/etc/mail/other"), MapUse::unknown);
}

}  // namespace
}  // namespace signet::policy
