#include "daemon/header_forms.h"

#include <gtest/gtest.h>

#include "unit/daemon/config_of.h"

namespace signet::daemon {
namespace {

class HeaderFormsTest : public ::testing::Test {
 protected:
  HeaderFormsTest() {
    envelope.id = "6ANDaa12004577";
    envelope.protocol = "ESMTP";
    envelope.recipients = {{"u@dest.test"}};
    trace.helo = "client.test";
    trace.peer = &peer;
    peer.name = "client.good.test";
  }
  receive::HeaderForms forms_of(std::string_view text) {
    return header_forms(std::make_shared<const conf::Config>(config_of(text)),
                        std::make_shared<const Names>(Names{.host = "mx.test",
                                                            .nick = "mx",
                                                            .domain = "test",
                                                            .version = {},
                                                            .cf_version = {},
                                                            .addresses = {}}));
  }
  std::string received(std::string_view form) {
    const auto forms = forms_of("HReceived: " + std::string(form) + "\n");
    return forms.received ? forms.received(trace, envelope, "a@sender.test") : "ours";
  }

  mail::Envelope envelope;
  mail::PeerFacts peer;
  mail::Trace trace;
};

TEST_F(HeaderFormsTest, FillInWhatTheSessionKnows) {
  EXPECT_EQ(received("by $j$?r with $r$. id $i$?{tls_version} (no)$.$?u for $u$."),
            "Received: by mx.test with ESMTP id 6ANDaa12004577 for <u@dest.test>\r\n");
  mail::TlsFacts tls;
  tls.version = "TLSv1.3";
  trace.tls = &tls;
  envelope.recipients.push_back({"v@dest.test"});
  EXPECT_EQ(received("id $i$?{tls_version} (${tls_version})$.$?u for $u$."),
            "Received: id 6ANDaa12004577 (TLSv1.3)\r\n");
  tls.fingerprint = "E7:B5";
  EXPECT_EQ(received("$?{cert_fp}fp$|md5$. ${cert_md5}"), "Received: md5 E7:B5\r\n");
  tls.fingerprint_by_wish = true;
  EXPECT_EQ(received("$?{cert_md5}md5$|fp$. ${cert_fp}"), "Received: fp E7:B5\r\n");
  EXPECT_EQ(received("from $s\n\t$?{auth_type}(yes)$.\n\tby ${client_name}"),
            "Received: from client.test\r\n\tby client.good.test\r\n");
}

TEST_F(HeaderFormsTest, WordsOfAPeerStayWords) {
  trace.helo = "a\r\nSubject: b ($j";
  envelope.recipients[0].address = "u$j\r\nBcc: x@y";
  const auto field = received("from $s for $u");
  EXPECT_EQ(field.find("from a??Subject:?b???j for <u$j"), 10U) << field;
  EXPECT_EQ(std::ranges::count(field, '\n'), 1);
}

TEST_F(HeaderFormsTest, AnEmptyFormIsNoField) { EXPECT_EQ(received(""), ""); }

TEST_F(HeaderFormsTest, WhatSendmailCfWritesUnaskedIsOurs) {
  const auto forms = forms_of(
      "HReceived: $?sfrom $s $.$?_($?s$|from $.$_)\n"
      "\t$.$?{auth_type}(authenticated$?{auth_ssf} bits=${auth_ssf}$.)\n"
      "\t$.by $j ($v/$Z)$?r with $r$. id $i$?{tls_version}\n"
      "\t(version=${tls_version} cipher=${cipher} bits=${cipher_bits} verify=${verify})$.$?u\n"
      "\tfor $u; $|;\n\t$.$b\n"
      "H?F?From: $?x$x <$g>$|$g$.\nH?M?Message-Id: <$t.$i@$j>\n");
  EXPECT_FALSE(forms.received || forms.from || forms.message_id);
}

TEST_F(HeaderFormsTest, OfAuthorAndMessageId) {
  const auto forms = forms_of("H?F?From: <$g>\nH?M?Message-Id: <$i@$m>\n");
  EXPECT_EQ(forms.from(trace, envelope, "a@sender.test"), "<a@sender.test>");
  EXPECT_EQ(forms.message_id(trace, envelope, "a@sender.test"), "<6ANDaa12004577@test>");
}

}  // namespace
}  // namespace signet::daemon
