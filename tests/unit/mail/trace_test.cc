#include <gtest/gtest.h>

#include "signet/mail/header.h"
#include "unit/mail/utc.h"

namespace signet::mail {
namespace {

constexpr WallTime kStamped{std::chrono::seconds(1795440996)};  // 2026-11-23 13:36:36 UTC
constexpr const char* kVersion = "8.17.1.9/8.17.1.9";

class ReceivedField : public ::testing::Test {
 protected:
  ReceivedField() {
    use_zone("UTC");
    peer.remote.ip = *IpAddress::parse("127.0.2.30");
    peer.name = "relay.partner.test";
    peer.resolve = Resolve::ok;
    envelope.id = "6ANDaa12004577";
    envelope.recipients = {{"u@mx.spec.test"}};
    envelope.protocol = "ESMTP";
    envelope.arrived = kStamped;
    trace = {"c.test", &peer, &tls, &auth, "mx.spec.test", kVersion};
  }

  PeerFacts peer;
  TlsFacts tls;
  AuthFacts auth;
  Envelope envelope;
  Trace trace;
};

TEST_F(ReceivedField, NamesClientHostAndOneRecipient) {
  EXPECT_EQ(received_field(trace, envelope),
            "Received: from c.test (relay.partner.test [127.0.2.30])\r\n"
            "\tby mx.spec.test (8.17.1.9/8.17.1.9) with ESMTP id 6ANDaa12004577\r\n"
            "\tfor <u@mx.spec.test>; Mon, 23 Nov 2026 13:36:36 +0000\r\n");
}

TEST_F(ReceivedField, WarnsOfAClientThatDidNotSayHelo) {
  EXPECT_EQ(helo_warning(trace), "");
  trace.helo = {};
  EXPECT_EQ(helo_warning(trace),
            "X-Authentication-Warning: mx.spec.test: relay.partner.test [127.0.2.30] didn't use "
            "HELO protocol\r\n");
  peer.name = "[127.0.2.30]";
  peer.resolve = Resolve::fail;
  EXPECT_EQ(helo_warning(trace),
            "X-Authentication-Warning: mx.spec.test: [127.0.2.30] didn't use HELO protocol\r\n");
}

TEST_F(ReceivedField, LeavesOutSeveralRecipients) {
  envelope.recipients.push_back({"v@mx.spec.test"});
  EXPECT_EQ(received_field(trace, envelope),
            "Received: from c.test (relay.partner.test [127.0.2.30])\r\n"
            "\tby mx.spec.test (8.17.1.9/8.17.1.9) with ESMTP id 6ANDaa12004577;\r\n"
            "\tMon, 23 Nov 2026 13:36:36 +0000\r\n");
}

TEST_F(ReceivedField, ShowsTlsAndAuthentication) {
  envelope.protocol = "ESMTPSA";
  tls.version = "TLSv1.3";
  tls.cipher = "TLS_AES_256_GCM_SHA384";
  tls.cipher_bits = 256;
  tls.verify = Verify::no;
  auth.mechanism = "PLAIN";
  auth.identity = "alice";
  EXPECT_EQ(received_field(trace, envelope),
            "Received: from c.test (relay.partner.test [127.0.2.30])\r\n"
            "\t(authenticated bits=0)\r\n"
            "\tby mx.spec.test (8.17.1.9/8.17.1.9) with ESMTPSA id 6ANDaa12004577\r\n"
            "\t(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=NO)\r\n"
            "\tfor <u@mx.spec.test>; Mon, 23 Nov 2026 13:36:36 +0000\r\n");
  envelope.recipients.clear();
  EXPECT_TRUE(received_field(trace, envelope)
                  .ends_with("verify=NO);\r\n\tMon, 23 Nov 2026 13:36:36 +0000\r\n"));
}

TEST_F(ReceivedField, WithoutHeloOrClientTellsWhatItKnows) {
  trace.helo = {};
  EXPECT_TRUE(received_field(trace, envelope)
                  .starts_with("Received: (from relay.partner.test [127.0.2.30])\r\n\tby "));
  trace.peer = nullptr;
  envelope.peer = "root@localhost";
  EXPECT_TRUE(
      received_field(trace, envelope).starts_with("Received: (from root@localhost)\r\n\tby "));
  envelope.peer.clear();
  EXPECT_TRUE(received_field(trace, envelope).starts_with("Received: by mx.spec.test"));
}

TEST_F(ReceivedField, ForgedNamesAreMarked) {
  peer.resolve = Resolve::forged;
  peer.ptr = "liar.forged.test";
  EXPECT_TRUE(received_field(trace, envelope)
                  .starts_with("Received: from c.test (liar.forged.test [127.0.2.30] "
                               "(may be forged))\r\n\tby "));
}

TEST_F(ReceivedField, ForeignTextCannotAddFields) {
  trace.helo = "a\r\nSubject: b (c";
  peer.name = "d\r\n\r\nbody";
  envelope.recipients[0].address = "u\r\nBcc: x@y";
  const auto field = received_field(trace, envelope);
  EXPECT_TRUE(
      field.starts_with("Received: from a??Subject:?b??c (d????body [127.0.2.30])\r\n\tby"));
  for (std::size_t at = field.find('\n'); at + 1 < field.size(); at = field.find('\n', at + 1)) {
    EXPECT_EQ(field[at + 1], '\t');
  }
  EXPECT_NE(field.find("for <u??Bcc: x@y>; "), std::string::npos);
}

TEST(MissingFields, AreDateFromAndMessageIdInThisOrder) {
  use_zone("UTC");
  Envelope envelope;
  envelope.id = "6ANDaa12004577";
  envelope.sender = "a@b";
  envelope.arrived = kStamped;
  struct Case {
    const char* header;
    const char* want;
  };
  for (const auto& c : {
           Case{"Subject: x\r\n\r\n",
                "Date: Mon, 23 Nov 2026 13:36:36 +0000\r\nFrom: a@b\r\n"
                "Message-Id: <202611231336.6ANDaa12004577@mx.spec.test>\r\n"},
           Case{"Date: x\r\nMessage-Id: <1@x>\r\n\r\n", "From: a@b\r\n"},
           Case{"Date: x\r\nMessage-Id: <1@x>\r\nFrom: b\r\n\r\n", ""},
       }) {
    HeaderScan scan;
    scan.on_content(c.header);
    const OwnFields own{.from = author_of(envelope, "MAILER-DAEMON@mx.spec.test"),
                        .message_id = new_message_id(envelope, "mx.spec.test")};
    EXPECT_EQ(missing_fields(scan, envelope, own), c.want);
  }
  envelope.sender.clear();
  EXPECT_EQ(author_of(envelope, "MAILER-DAEMON@mx.spec.test"), "MAILER-DAEMON@mx.spec.test");
}

TEST(RecipientField, SaysWhatTheSiteWants) {
  using enum WithoutRecipients;
  const std::vector<std::string> named = {"u@b", "list"};
  EXPECT_EQ(recipient_field(none, named), "");
  EXPECT_EQ(recipient_field(to, named), "To: <u@b>,\r\n\t<list>\r\n");
  EXPECT_EQ(recipient_field(apparently_to, {"u@b"}), "Apparently-To: <u@b>\r\n");
  EXPECT_EQ(recipient_field(bcc, named), "Bcc:\r\n");
  EXPECT_EQ(recipient_field(undisclosed, named), "To: undisclosed-recipients:;\r\n");
  EXPECT_EQ(recipient_field(to, {"u\r\nX: y@b"}), "To: <u??X: y@b>\r\n");
  for (const auto action : {none, to, apparently_to, bcc, undisclosed}) {
    EXPECT_EQ(names_recipients(action),
              recipient_field(action, named) != recipient_field(action, {}));
  }
}

TEST(Rfc5322Date, IsLocalTimeWithANumericZone) {
  struct Case {
    const char* zone;
    std::int64_t seconds;
    const char* want;
  };
  for (const auto& c : {
           Case{"UTC", 0, "Thu, 1 Jan 1970 00:00:00 +0000"},
           Case{"CET-1", 1795440996, "Mon, 23 Nov 2026 14:36:36 +0100"},
           Case{"NST3:30", 1795440996, "Mon, 23 Nov 2026 10:06:36 -0330"},
           Case{"XYZ0:30", 1795440996, "Mon, 23 Nov 2026 13:06:36 -0030"},
       }) {
    use_zone(c.zone);
    EXPECT_EQ(rfc5322_date(WallTime{std::chrono::seconds(c.seconds)}), c.want);
  }
  use_zone("UTC");
}

}  // namespace
}  // namespace signet::mail
