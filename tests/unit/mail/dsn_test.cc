#include "signet/mail/dsn.h"

#include <gtest/gtest.h>

#include "signet/base/text.h"
#include "unit/mail/utc.h"

namespace signet::mail {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kArrived{1795441629s};  // 2026-11-23 13:47:09 UTC

class DsnMessage : public ::testing::Test {
 protected:
  DsnMessage() {
    use_zone("UTC");
    original.id = "6ANDl9b6024816";
    original.sender = "boss@d6.test";
    original.peer = "relay.partner.test [127.0.2.30]";
    original.arrived = kArrived;
    order.original = &original;
    order.original_header =
        "Received: from c.test (relay.partner.test [127.0.2.30])\r\n"
        "\tby mx.spec.test; Mon, 23 Nov 2026 13:47:09 +0000\r\n"
        "Subject: queue test\r\n";
    order.recipients = {{.address = "bad@d1.test",
                         .status = "5.1.1",
                         .reason = "550 5.1.1 no such user here",
                         .remote_mta = "mx1.dest.test",
                         .diagnosis = "550 5.1.1 <bad@d1.test>... User unknown",
                         .last_attempt = kArrived,
                         .retry_until = {}}};
    order.host = "mx.spec.test";
    order.version = "8.17.1.9/8.17.1.9";
    order.id = "6ANDl9b6024817";
    order.now = kArrived;
  }

  [[nodiscard]] bool contains(std::string_view text) const {
    return dsn_message(order).find(text) != std::string::npos;
  }

  Envelope original;
  DsnOrder order;
};

TEST_F(DsnMessage, OfAFailureIsTheThreePartReport) {
  EXPECT_EQ(dsn_message(order),
            "Received: from localhost (localhost)\r\n"
            "\tby mx.spec.test (8.17.1.9/8.17.1.9) id 6ANDl9b6024817;\r\n"
            "\tMon, 23 Nov 2026 13:47:09 +0000\r\n"
            "Date: Mon, 23 Nov 2026 13:47:09 +0000\r\n"
            "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.spec.test>\r\n"
            "Message-Id: <202611231347.6ANDl9b6024817@mx.spec.test>\r\n"
            "To: <boss@d6.test>\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: multipart/report; report-type=delivery-status;\r\n"
            "\tboundary=\"6ANDl9b6024817.1795441629/mx.spec.test\"\r\n"
            "Subject: Returned mail: see transcript for details\r\n"
            "Auto-Submitted: auto-generated (failure)\r\n"
            "\r\n"
            "This is a MIME-encapsulated message\r\n"
            "\r\n"
            "--6ANDl9b6024817.1795441629/mx.spec.test\r\n"
            "\r\n"
            "The original message was received at Mon, 23 Nov 2026 13:47:09 +0000\r\n"
            "from relay.partner.test [127.0.2.30]\r\n"
            "\r\n"
            "   ----- The following addresses had permanent fatal errors -----\r\n"
            "<bad@d1.test>\r\n"
            "    (reason: 550 5.1.1 no such user here)\r\n"
            "\r\n"
            "   ----- Transcript of session follows -----\r\n"
            "... while talking to mx1.dest.test.:\r\n"
            "<<< 550 5.1.1 no such user here\r\n"
            "550 5.1.1 <bad@d1.test>... User unknown\r\n"
            "\r\n"
            "--6ANDl9b6024817.1795441629/mx.spec.test\r\n"
            "Content-Type: message/delivery-status\r\n"
            "\r\n"
            "Reporting-MTA: dns; mx.spec.test\r\n"
            "Received-From-MTA: DNS; relay.partner.test\r\n"
            "Arrival-Date: Mon, 23 Nov 2026 13:47:09 +0000\r\n"
            "\r\n"
            "Final-Recipient: RFC822; bad@d1.test\r\n"
            "X-Actual-Recipient: rfc822; bad@d1.test\r\n"
            "Action: failed\r\n"
            "Status: 5.1.1\r\n"
            "Remote-MTA: DNS; mx1.dest.test\r\n"
            "Diagnostic-Code: SMTP; 550 5.1.1 no such user here\r\n"
            "Last-Attempt-Date: Mon, 23 Nov 2026 13:47:09 +0000\r\n"
            "\r\n"
            "--6ANDl9b6024817.1795441629/mx.spec.test\r\n"
            "Content-Type: text/rfc822-headers\r\n"
            "\r\n"
            "Return-Path: <boss@d6.test>\r\n"
            "Received: from c.test (relay.partner.test [127.0.2.30])\r\n"
            "\tby mx.spec.test; Mon, 23 Nov 2026 13:47:09 +0000\r\n"
            "Subject: queue test\r\n"
            "\r\n"
            "--6ANDl9b6024817.1795441629/mx.spec.test--\r\n"
            "\r\n");
}

TEST_F(DsnMessage, OfADelaySaysHowLongItWillTry) {
  order.kind = DsnKind::delayed;
  order.recipients[0].action = DsnAction::delayed;
  order.waited = 4h;
  order.recipients[0].retry_until = kArrived + 120h;
  order.recipients[0].status = "4.2.1";
  EXPECT_TRUE(
      contains("Subject: Warning: could not send message for past 4 hours\r\n"
               "Auto-Submitted: auto-generated (warning-timeout)\r\n"));
  EXPECT_TRUE(contains("    **      THIS IS A WARNING MESSAGE ONLY      **\r\n"));
  EXPECT_TRUE(
      contains("Warning: message still undelivered after 4 hours\r\n"
               "Will keep trying until message is 5 days old\r\n"));
  EXPECT_TRUE(contains("Action: delayed\r\nStatus: 4.2.1\r\n"));
  EXPECT_TRUE(contains("Will-Retry-Until: Sat, 28 Nov 2026 13:47:09 +0000\r\n"));
  EXPECT_FALSE(contains("permanent fatal errors"));
}

TEST_F(DsnMessage, OfAnExpiredMessageSaysThatItIsGone) {
  order.kind = DsnKind::expired;
  order.waited = 25s;
  order.recipients[0].status = "4.4.7";
  EXPECT_TRUE(
      contains("Message could not be delivered for 25 seconds\r\n"
               "Message will be deleted from queue\r\n"));
  EXPECT_TRUE(contains("Action: failed\r\nStatus: 4.4.7\r\n"));
  EXPECT_TRUE(contains("Subject: Returned mail: see transcript for details\r\n"));
}

TEST_F(DsnMessage, OfAReportThatCameBackGoesToThePostmaster) {
  original.sender.clear();
  EXPECT_TRUE(contains("To: postmaster\r\n"));
  EXPECT_TRUE(contains("Subject: Postmaster notify: see transcript for details\r\n"));
  EXPECT_TRUE(contains("Return-Path: <>\r\n"));
}

TEST_F(DsnMessage, WithoutARemoteHostHasNoRemoteFields) {
  order.recipients[0].remote_mta.clear();
  order.recipients[0].reason = "User unknown";
  EXPECT_FALSE(contains("Remote-MTA"));
  EXPECT_FALSE(contains("Diagnostic-Code"));
  EXPECT_FALSE(contains("while talking"));
  EXPECT_TRUE(contains("    (reason: User unknown)\r\n"));
}

TEST_F(DsnMessage, ShowsTheDialogAndOurAdviceWhereThereAreSuch) {
  order.recipients[0].transcript = {">>> DATA", "<<< 550 5.1.1 no such user here"};
  order.remedy = "Check the spelling.\nAsk them by phone.";
  EXPECT_TRUE(
      contains("... while talking to mx1.dest.test.:\r\n>>> DATA\r\n"
               "<<< 550 5.1.1 no such user here\r\n550 5.1.1 <bad@d1.test>"));
  EXPECT_TRUE(contains("Check the spelling.\r\nAsk them by phone.\r\n"));
}

// Nothing that another host said starts a line of its own, ends a part or runs on without bound.
TEST_F(DsnMessage, ForeignTextStaysWhereItBelongs) {
  auto& recipient = order.recipients[0];
  const std::string evil = "550 x\r\n\r\n--" + order.id +
                           ".1795441629/mx.spec.test--\r\nEVIL: 1\r\n" + std::string(20'000, 'A');
  recipient.address = "a\r\nEVIL: 2@b";
  recipient.reason = evil;
  recipient.diagnosis = evil;
  recipient.remote_mta = "mx\r\nEVIL: 3";
  recipient.status = "5.1.1\r\nEVIL: 4";
  recipient.transcript.assign(200, evil);
  original.peer = "h\r\nEVIL: 5";
  original.sender = "s\r\nEVIL: 6@b";
  const std::string header = "Subject: a\rEVIL: 7" + std::string(5000, 'b') + "\r\n\r\nEVIL: 8\r\n";
  order.original_header = header;
  const std::string message = dsn_message(order);
  EXPECT_LT(message.size(), 100'000U);
  std::size_t delimiters = 0;
  for (auto line : split(message, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    EXPECT_EQ(line.find('\r'), std::string_view::npos);
    EXPECT_LE(line.size(), 998U);
    EXPECT_FALSE(line.starts_with("EVIL")) << line.substr(0, 80);
    if (line.starts_with("--")) ++delimiters;
  }
  EXPECT_EQ(delimiters, 4U);
}

TEST(SpanText, SaysASpanInWords) {
  struct Case {
    std::chrono::seconds span;
    const char* want;
  };
  for (const auto& c : {Case{120h, "5 days"}, Case{4h, "4 hours"}, Case{25s, "25 seconds"},
                        Case{1h, "1 hour"}, Case{90min, "1 hour, 30 minutes"},
                        Case{240h, "1 week, 3 days"}, Case{0s, "zero seconds"}}) {
    EXPECT_EQ(span_text(c.span), c.want);
  }
}

TEST_F(DsnMessage, CarriesTheWordsOfTheSiteAndItsName) {
  order.mailer = "ROBOT";
  order.note = "Call us\nat mx.spec.test";
  EXPECT_TRUE(contains("From: Mail Delivery Subsystem <ROBOT@mx.spec.test>\r\n"));
  EXPECT_TRUE(
      contains("\r\nfrom relay.partner.test [127.0.2.30]\r\n\r\nCall us\r\nat mx.spec.test\r\n"
               "\r\n   ----- The following"));
  order.mailer = "robot@elsewhere.test";
  EXPECT_TRUE(contains("From: Mail Delivery Subsystem <robot@elsewhere.test>\r\n"));
}

TEST_F(DsnMessage, NamesNoActualRecipientWhereTheSiteForbidsIt) {
  EXPECT_TRUE(contains("\r\nX-Actual-Recipient: rfc822; bad@d1.test\r\nAction: "));
  order.names_actual_recipient = false;
  EXPECT_TRUE(contains("\r\nFinal-Recipient: RFC822; bad@d1.test\r\nAction: "));
  EXPECT_FALSE(contains("X-Actual-Recipient"));
}

TEST_F(DsnMessage, NamesTheAddressThatWasGivenAsTheFinalOne) {
  order.recipients[0].given = "alias@mx.spec.test";
  EXPECT_TRUE(
      contains("\r\nFinal-Recipient: RFC822; alias@mx.spec.test\r\n"
               "X-Actual-Recipient: rfc822; bad@d1.test\r\n"));
}

TEST_F(DsnMessage, OfSuccessIsAReceipt) {
  order.kind = DsnKind::receipt;
  original.envelope_id = "E+2B1";
  order.recipients[0] = {.address = "u@mx.spec.test",
                         .action = DsnAction::delivered,
                         .original = "rfc822;or+2Big@x.test",
                         .status = "2.1.5",
                         .reason = {},
                         .remote_mta = {},
                         .diagnosis = {},
                         .last_attempt = kArrived};
  EXPECT_TRUE(
      contains("Subject: Return receipt\r\nAuto-Submitted: auto-generated (return-receipt)\r\n"));
  EXPECT_TRUE(contains(
      "\r\n   ----- The following addresses had successful delivery notifications -----\r\n"
      "<u@mx.spec.test>  (successfully delivered to mailbox)\r\n"
      "\r\n   ----- Transcript of session follows -----\r\n"
      "<u@mx.spec.test>... Successfully delivered\r\n\r\n--"));
  EXPECT_TRUE(
      contains("\r\n\r\nOriginal-Envelope-Id: E+1\r\nReporting-MTA: dns; mx.spec.test\r\n"));
  EXPECT_TRUE(
      contains("\r\nOriginal-Recipient: rfc822;or+ig@x.test\r\n"
               "Final-Recipient: RFC822; u@mx.spec.test\r\n"
               "X-Actual-Recipient: rfc822; u@mx.spec.test\r\n"
               "Action: delivered (to mailbox)\r\nStatus: 2.1.5\r\nLast-Attempt-Date: "));
  EXPECT_FALSE(contains("fatal errors"));
}

TEST_F(DsnMessage, SaysHowFarTheMessageCame) {
  struct Case {
    DsnAction action;
    const char* list;
    const char* field;
  };
  order.kind = DsnKind::receipt;
  for (const auto& c :
       {Case{DsnAction::relayed, "relayed to non-DSN-aware mailer",
             "relayed (to non-DSN-aware mailer)"},
        Case{DsnAction::expanded, "expanded by mailing list",
             "expanded (to multi-recipient alias)"},
        Case{DsnAction::to_list, "successfully delivered to mailing list",
             "delivered (to mailing list)"},
        Case{DsnAction::time_unwatched, "Deliver-By notify: relayed",
             "relayed (Deliver-By notify mode)"},
        Case{DsnAction::traced, "Deliver-By trace: relayed", "relayed (Deliver-By trace mode)"}}) {
    order.recipients[0].action = c.action;
    EXPECT_TRUE(contains(std::string("<bad@d1.test>  (") + c.list + ")\r\n"));
    EXPECT_TRUE(contains(std::string("\r\nAction: ") + c.field + "\r\n"));
  }
}

TEST_F(DsnMessage, SaysThatTheTimeOfDeliverByIsOver) {
  original.deliver_by = DeliverBy{.within = 20s};
  order.missed_time = true;
  order.kind = DsnKind::delayed;
  EXPECT_TRUE(contains("Subject: Warning: Delivery time (20s) exceeded\r\n"));
  EXPECT_TRUE(contains("\r\nDeliver-By-Date: Mon, 23 Nov 2026 13:47:29 +0000\r\n\r\nFinal-"));
  order.kind = DsnKind::expired;
  EXPECT_TRUE(
      contains("\r\nDelivery time (20s) expired\r\nMessage will be deleted from queue\r\n"));
}

TEST_F(DsnMessage, ReturnsTheWholeMessageBetweenItsEnds) {
  const auto around = dsn_around_original(order);
  const std::string delimiter = "--" + order.id + ".1795441629/mx.spec.test";
  EXPECT_TRUE(around.before.ends_with("\r\n" + delimiter +
                                      "\r\nContent-Type: message/rfc822\r\n"
                                      "\r\nReturn-Path: <boss@d6.test>\r\n"));
  EXPECT_EQ(around.behind, "\r\n" + delimiter + "--\r\n\r\n");
}

// xtext may hide line ends, which are text here. RFC 3461 §4
TEST_F(DsnMessage, WhatAClientHidInXtextStaysOnItsLine) {
  original.envelope_id = "x+0D+0AEVIL:+201";
  order.recipients[0].original = "rfc822;a+0D+0A+0D+0AEVIL:+202+00";
  const std::string message = dsn_message(order);
  EXPECT_EQ(message.find("\nEVIL"), std::string::npos);
  EXPECT_TRUE(contains("Original-Envelope-Id: x\\015\\012EVIL: 1\r\n"));
}

TEST_F(DsnMessage, ForAPostmasterNamesTheMessage) {
  order.postmaster = "keeper@d6.test";
  EXPECT_TRUE(contains("To: <keeper@d6.test>\r\n"));
  EXPECT_TRUE(contains("Subject: Postmaster notify: see transcript for details\r\n"));
  EXPECT_TRUE(contains("Auto-Submitted: auto-generated (postmaster-notification)\r\n"));
  EXPECT_TRUE(contains("\r\nwith id 6ANDl9b6024816\r\n"));
}

}  // namespace
}  // namespace signet::mail
