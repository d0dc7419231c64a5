#include "signet/mail/facts.h"

#include <gtest/gtest.h>

#include "signet/mail/envelope.h"

namespace signet::mail {
namespace {

PeerFacts peer(Resolve resolve, std::string name, std::string ptr, const char* ip) {
  PeerFacts facts;
  facts.remote.ip = *IpAddress::parse(ip);
  facts.name = std::move(name);
  facts.ptr = std::move(ptr);
  facts.resolve = resolve;
  return facts;
}

TEST(PeerFacts, RelayIsWrittenAsSendmailDoes) {
  EXPECT_EQ(peer(Resolve::ok, "client.good.test", "client.good.test", "127.0.2.10").relay(),
            "client.good.test [127.0.2.10]");
  EXPECT_EQ(peer(Resolve::fail, "[127.0.2.12]", "", "127.0.2.12").relay(), "[127.0.2.12]");
  EXPECT_EQ(peer(Resolve::temp, "[127.0.2.13]", "", "127.0.2.13").relay(), "[127.0.2.13]");
  EXPECT_EQ(peer(Resolve::forged, "[127.0.2.11]", "liar.forged.test", "127.0.2.11").relay(),
            "liar.forged.test [127.0.2.11] (may be forged)");
  EXPECT_EQ(peer(Resolve::fail, "[x]", "", "2001:db8::5").relay(), "[IPv6:2001:db8:0:0:0:0:0:5]");
}

TEST(PeerFacts, NamesFromTheDnsCannotBringOtherText) {
  EXPECT_EQ(peer(Resolve::forged, "", "a\r\nX: y) (", "192.0.2.1").relay(),
            "a??X:?y??? [192.0.2.1] (may be forged)");
  EXPECT_EQ(peer(Resolve::ok, std::string(300, 'a'), "", "192.0.2.1").relay(),
            std::string(255, 'a') + " [192.0.2.1]");
}

TEST(Verify, HasSendmailsWords) {
  EXPECT_EQ(to_string(Verify::none_yet), "");
  EXPECT_EQ(to_string(Verify::ok), "OK");
  EXPECT_EQ(to_string(Verify::not_), "NOT");
  EXPECT_EQ(to_string(Verify::dane_fail), "DANE_FAIL");
  EXPECT_EQ(to_string(Resolve::forged), "FORGED");
}

TEST(Envelope, NullSenderIsEmptyBrackets) {
  EXPECT_EQ(in_brackets(""), "<>");
  EXPECT_EQ(in_brackets("a@b"), "<a@b>");
}

}  // namespace
}  // namespace signet::mail
