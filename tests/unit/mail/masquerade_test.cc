#include "signet/mail/masquerade.h"

#include <gtest/gtest.h>

namespace signet::mail {
namespace {

const Masquerade kMasquerade{.name = "example.org", .domains = {"host.example.org", "localhost"}};

struct Rewritten {
  std::string_view body;
  std::string_view want;
};

TEST(Masquerade, HidesOwnNamesAndCompletesBareOnes) {
  for (const auto& [body, want] : {
           Rewritten{" root", " root@example.org"},
           Rewritten{" root@host.example.org", " root@example.org"},
           Rewritten{" Root@HOST.Example.Org", " Root@example.org"},
           Rewritten{" Cron Daemon <root@localhost>", " Cron Daemon <root@example.org>"},
           Rewritten{" \"a, b\" <x@host.example.org>, y@other.test, z",
                     " \"a, b\" <x@example.org>, y@other.test, z@example.org"},
           Rewritten{" root (the host, host.example.org)",
                     " root@example.org (the host, host.example.org)"},
           Rewritten{" \"odd user\"@localhost", " \"odd user\"@example.org"},
           Rewritten{" friends: a, b@localhost;", " friends: a@example.org, b@example.org;"},
           Rewritten{"\r\n\troot@localhost", "\r\n\troot@example.org"},
           Rewritten{" a@b.test", " a@b.test"},
           Rewritten{" Just A Name", " Just A Name"},
           Rewritten{" <>", " <>"},
           Rewritten{" <@route:a@localhost>", " <@route:a@localhost>"},
           Rewritten{" \"unbalanced <root@localhost>", " \"unbalanced <root@localhost>"},
           Rewritten{" <root@localhost", " <root@localhost"},
           Rewritten{" (unbalanced root@localhost", " (unbalanced root@localhost"},
           Rewritten{"", ""},
       }) {
    EXPECT_EQ(masquerade_field(body, kMasquerade), want) << body;
  }
}

TEST(Masquerade, LeavesExposedUsersAlone) {
  Masquerade masquerade = kMasquerade;
  masquerade.exposed_users = {"root"};
  EXPECT_EQ(masquerade_field(" Root@localhost, x@localhost, root", masquerade),
            " Root@localhost, x@example.org, root");
}

TEST(Masquerade, HidesHostsBelowADomainWhenAsked) {
  Masquerade masquerade = kMasquerade;
  EXPECT_EQ(masquerade_field(" x@a.host.example.org", masquerade), " x@a.host.example.org");
  masquerade.entire_domains = true;
  EXPECT_EQ(masquerade_field(" x@a.host.example.org, x@ahost.example.org", masquerade),
            " x@example.org, x@ahost.example.org");
}

TEST(Masquerade, TouchesSenderFieldsOnlyWhateverTheCuts) {
  const std::string in =
      "Received: from localhost\r\nFrom: root\r\nTo: root\r\nReply-To:\r\n x@localhost\r\n"
      "Subject: From: root\r\n\r\nFrom: root\r\n";
  const std::string want =
      "Received: from localhost\r\nFrom: root@example.org\r\nTo: root\r\nReply-To:\r\n "
      "x@example.org\r\n"
      "Subject: From: root\r\n\r\nFrom: root\r\n";
  for (std::size_t cut = 1; cut <= in.size(); ++cut) {
    Masquerader masquerader(kMasquerade);
    std::string out;
    for (std::size_t at = 0; at < in.size(); at += cut) {
      out += masquerader.on_content(std::string_view(in).substr(at, cut));
    }
    out += masquerader.on_end();
    EXPECT_EQ(out, want) << cut;
  }
}

TEST(Masquerade, LeavesContentWithoutHeaderAlone) {
  Masquerader masquerader(kMasquerade);
  std::string out = masquerader.on_content("hello there\r\nFrom: root\r\n\r\n");
  out += masquerader.on_end();
  EXPECT_EQ(out, "hello there\r\nFrom: root\r\n\r\n");
}

}  // namespace
}  // namespace signet::mail
