#include "signet/maillog/lines.h"

#include <gtest/gtest.h>

#include "signet/base/text.h"

namespace signet::maillog {
namespace {

using namespace std::chrono_literals;

mail::TlsFacts tls_facts(mail::Verify verify) {
  mail::TlsFacts tls;
  tls.verify = verify;
  tls.version = "TLSv1.3";
  tls.cipher = "TLS_AES_256_GCM_SHA384";
  tls.cipher_bits = 256;
  tls.algorithm_bits = 256;
  return tls;
}

mail::AuthFacts auth_facts(const char* mechanism, const char* identity) {
  mail::AuthFacts auth;
  auth.mechanism = mechanism;
  auth.identity = identity;
  return auth;
}

mail::Envelope envelope() {
  mail::Envelope envelope;
  envelope.id = "6ANA01Qx004243";
  envelope.sender = "alice@example.org";
  envelope.size = 1234;
  envelope.body = mail::Body::eight_bit_mime;
  envelope.protocol = "ESMTPSA";
  envelope.message_id = "<a1@example.org>";
  return envelope;
}

Attempt attempt() {
  return {.queue_id = "6ANA04rT004245",
          .recipients = {"carol@example.com"},
          .xdelay = 0s,
          .mailer = "esmtp",
          .priority = 30000,
          .relay = "mx.example.com. [198.51.100.9]",
          .status = "4.0.0",
          .stat = "Deferred: Connection refused by mx.example.com."};
}

Who who(const char* id, const char* relay) { return {id, relay, "MTA-v4"}; }

struct Golden {
  Line line;
  int above_level;
  const char* text;
};

TEST(GoldenLines, OfTlsAndAuthAreSendmails) {
  const Golden cases[] = {
      {starttls(Side::server, "client.example.org [192.0.2.10]", tls_facts(mail::Verify::not_)), 8,
       "STARTTLS=server, relay=client.example.org [192.0.2.10], version=TLSv1.3, verify=NOT, "
       "cipher=TLS_AES_256_GCM_SHA384, bits=256/256"},
      {starttls(Side::client, "mx.dane.test.", tls_facts(mail::Verify::trusted)), 8,
       "STARTTLS=client, relay=mx.dane.test., version=TLSv1.3, verify=TRUSTED, "
       "cipher=TLS_AES_256_GCM_SHA384, bits=256/256"},
      {starttls(Side::server, "liar.forged.test [127.0.2.11] (may be forged)",
                tls_facts(mail::Verify::ok)),
       8,
       "STARTTLS=server, relay=liar.forged.test [127.0.2.11] (may be forged), version=TLSv1.3, "
       "verify=OK, cipher=TLS_AES_256_GCM_SHA384, bits=256/256"},
      {starttls_certificate(Side::server, tls_facts(mail::Verify::no)), 11,
       "STARTTLS=server, cert-subject=, cert-issuer=, verifymsg=ok"},
      {file_unsafe(Side::server, "/etc/mail/certs/host.key", "Group readable file"), 7,
       "STARTTLS=server: file /etc/mail/certs/host.key unsafe: Group readable file"},
      {starttls_init(Side::client, true), 12, "STARTTLS=client, init=1"},
      {auth_server("client.example.org [192.0.2.10]", auth_facts("PLAIN", "alice")), 8,
       "AUTH=server, relay=client.example.org [192.0.2.10], authid=alice, mech=PLAIN, bits=0"},
      {auth_server("[192.0.2.10]", auth_facts("EXTERNAL", "/C=US/O=Spec+20Org")), 8,
       "AUTH=server, relay=[192.0.2.10], authid=/C+3DUS/O+3DSpec+2B20Org, mech=EXTERNAL, bits=0"},
      {auth_failure("6ANA07bb004249", "PLAIN", -13,
                    "SASL(-13): authentication failure: Password verification failed", "eve",
                    "bad.example.org [203.0.113.9]"),
       8,
       "6ANA07bb004249: AUTH failure (PLAIN): authentication failure (-13) SASL(-13): "
       "authentication failure: Password verification failed, user=eve, "
       "relay=bad.example.org [203.0.113.9]"},
      {auth_failure("6ANA07bb004249", "FOO", -4, "", "", "[203.0.113.9]"), 8,
       "6ANA07bb004249: AUTH failure (FOO): no mechanism available (-4), relay=[203.0.113.9]"},
      {auth_client_failed("mx1.dest.test. [127.0.3.1]", "refused: 535 5.7.8 no, relay=x"), 8,
       "AUTH=client, relay=mx1.dest.test. [127.0.3.1], refused: 535 5.7.8 no\\054 relay=x"},
      {auth_client("mx1.dest.test.", "PLAIN", 0), 9,
       "AUTH=client, relay=mx1.dest.test., mech=PLAIN, bits=0"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(c.line.text, c.text);
    EXPECT_EQ(c.line.above_level, c.above_level) << c.text;
  }
}

TEST(GoldenLines, OfCertificatesAreSendmails) {
  auto tls = tls_facts(mail::Verify::fail);
  tls.cert_subject = "/CN=untrusted.client";
  tls.cert_issuer = "/CN=Untrusted+20CA";
  tls.verify_message = "unable to get local issuer certificate";
  EXPECT_EQ(starttls_certificate(Side::server, tls).text,
            "STARTTLS=server, cert-subject=/CN=untrusted.client, cert-issuer=/CN=Untrusted+20CA, "
            "verifymsg=unable to get local issuer certificate");
}

TEST(GoldenLines, OfFailedHandshakesAreSendmails) {
  const auto server = starttls_failed(
      Side::server, "client.good.test [127.0.2.10]", "wrong version number", 1,
      {"error:0A00010B:SSL routines::wrong version number:../ssl/record/ssl3_record.c:350:"});
  ASSERT_EQ(server.size(), 2U);
  EXPECT_EQ(server[0].text,
            "STARTTLS=server, error: accept failed=-1, reason=wrong version number, SSL_error=1, "
            "errno=0, retry=-1, relay=client.good.test [127.0.2.10]");
  EXPECT_EQ(server[0].above_level, 5);
  EXPECT_EQ(server[0].priority, Priority::warning);
  EXPECT_EQ(server[1].text,
            "STARTTLS=server: error:0A00010B:SSL routines::wrong version "
            "number:../ssl/record/ssl3_record.c:350:");
  EXPECT_EQ(server[1].above_level, 9);
  const auto client = starttls_failed(Side::client, "mx8.dest.test.", "wrong version number", 1,
                                      std::vector<std::string>(100, "error"));
  EXPECT_EQ(client[0].text,
            "STARTTLS=client, error: connect failed=-1, reason=wrong version number, SSL_error=1, "
            "errno=0, retry=-1");
  EXPECT_LE(client.size(), 11U);
  const auto later = starttls_read_error("tlsv1 alert unknown ca");
  EXPECT_EQ(
      later.text,
      "STARTTLS: read error=generic SSL error (-1), errno=0, get_error=tlsv1 alert unknown ca, "
      "retry=-1, ssl_err=1");
  EXPECT_EQ(later.above_level, 7);
}

TEST(GoldenLines, OfMessagesAreSendmails) {
  auto plain = envelope();
  plain.sender.clear();
  plain.body = mail::Body::unspecified;
  plain.message_id.clear();
  plain.protocol.clear();
  const Golden cases[] = {
      {from_line(envelope(), 1, "MTA-v4", "client.example.org [192.0.2.10]"), 4,
       "6ANA01Qx004243: from=<alice@example.org>, size=1234, class=0, nrcpts=1, "
       "msgid=<a1@example.org>, bodytype=8BITMIME, proto=ESMTPSA, daemon=MTA-v4, "
       "relay=client.example.org [192.0.2.10]"},
      {from_line(plain, 0, "", "root@localhost"), 4,
       "6ANA01Qx004243: from=<>, size=1234, class=0, nrcpts=0, relay=root@localhost"},
      {dsn_made("6ANDl9b6024816", "6ANDl9b6024817", "User unknown"), 5,
       "6ANDl9b6024816: 6ANDl9b6024817: DSN: User unknown"},
      {sender_notify("6ANA04rT004245", "6ANA13hh004255",
                     "Warning: could not send message for past 4 hours"),
       5,
       "6ANA04rT004245: 6ANA13hh004255: sender notify: Warning: could not send message for past 4 "
       "hours"},
      {return_to_sender("6ANDafS3004626", "6ANDafS4004626", "User unknown"), 5,
       "6ANDafS3004626: 6ANDafS4004626: return to sender: User unknown"},
      {done("6ANDl9b6024816", 32s, 3), 9, "6ANDl9b6024816: done; delay=00:00:32, ntries=3"},
      {discarded("6ANDg7k010323"), 4, "6ANDg7k010323: discarded"},
      {user_error("6ANDaa14004577", "<nope@mx.spec.test>... User unknown"), 3,
       "6ANDaa14004577: <nope@mx.spec.test>... User unknown"},
      {system_error("6ANDgZPs023749", "Too many hops 31 (25 max)"), 0,
       "6ANDgZPs023749: SYSERR(root): Too many hops 31 (25 max)"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(c.line.text, c.text);
    EXPECT_EQ(c.line.above_level, c.above_level) << c.text;
  }
}

TEST(GoldenLines, OfDeliveriesAreSendmails) {
  Attempt sent{.queue_id = "6ANA01Qx004243",
               .recipients = {"bob@example.net"},
               .controlling_user = "<alice@example.org> (1000/1000)",
               .delay = 1s,
               .xdelay = 1s,
               .mailer = "esmtp",
               .priority = 121234,
               .relay = "mx.example.net. [198.51.100.5]",
               .status = "2.0.0",
               .stat = "Sent (OK id=1abc)"};
  Attempt refused = attempt();
  refused.recipients = {"bad@d1.test", "worse@d1.test"};
  refused.status = "5.1.1";
  refused.reply = "550 5.1.1 no such user here";
  refused.stat = "User unknown";
  Attempt queued{.queue_id = "6ANDsiaO010580",
                 .recipients = {"u@x.test"},
                 .mailer = "local",
                 .priority = 30022,
                 .stat = "queued"};
  Attempt piped = queued;
  piped.recipients = {"\"|/bin/false\"", "/var/mail/file"};
  struct Case {
    Attempt attempt;
    int above_level;
    const char* text;
  };
  const Case cases[] = {
      {sent, 7,
       "6ANA01Qx004243: to=<bob@example.net>, ctladdr=<alice@example.org> (1000/1000), "
       "delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=121234, "
       "relay=mx.example.net. [198.51.100.5], dsn=2.0.0, stat=Sent (OK id=1abc)"},
      {attempt(), 8,
       "6ANA04rT004245: to=<carol@example.com>, delay=00:00:00, xdelay=00:00:00, mailer=esmtp, "
       "pri=30000, relay=mx.example.com. [198.51.100.9], dsn=4.0.0, stat=Deferred: Connection "
       "refused by mx.example.com."},
      {refused, 6,
       "6ANA04rT004245: to=<bad@d1.test>,<worse@d1.test>, delay=00:00:00, xdelay=00:00:00, "
       "mailer=esmtp, pri=30000, relay=mx.example.com. [198.51.100.9], dsn=5.1.1, reply=550 5.1.1 "
       "no such user here, stat=User unknown"},
      {queued, 8,
       "6ANDsiaO010580: to=<u@x.test>, delay=00:00:00, mailer=local, pri=30022, stat=queued"},
      {piped, 8,
       "6ANDsiaO010580: to=\"|/bin/false\",/var/mail/file, delay=00:00:00, mailer=local, "
       "pri=30022, stat=queued"},
  };
  for (const auto& c : cases) {
    const auto lines = to_line(c.attempt);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].text, c.text);
    EXPECT_EQ(lines[0].above_level, c.above_level) << c.text;
  }
}

TEST(GoldenLines, OfDecisionsAreSendmails) {
  const Golden cases[] = {
      {ruleset_reject(
           {.queue_id = "6ANA05aa004246",
            .name = "check_rcpt",
            .argument = "<x@other.test>",
            .relay = "bad.example.org [203.0.113.7]"},
           {550, "5.7.1", "<x@other.test>... Relaying denied. Proper authentication required."}),
       3,
       "6ANA05aa004246: ruleset=check_rcpt, arg1=<x@other.test>, "
       "relay=bad.example.org [203.0.113.7], reject=550 5.7.1 <x@other.test>... Relaying denied. "
       "Proper authentication required."},
      {ruleset_reject({.name = "check_relay",
                       .argument = "[203.0.113.8]",
                       .second_argument = "203.0.113.8",
                       .relay = "[203.0.113.8]"},
                      {421, "4.3.2", "Connection rate limit exceeded."}),
       3,
       "ruleset=check_relay, arg1=[203.0.113.8], arg2=203.0.113.8, relay=[203.0.113.8], "
       "reject=421 4.3.2 Connection rate limit exceeded."},
      {ruleset_reject({.name = "tls_client",
                       .argument = "NO",
                       .second_argument = "STARTTLS",
                       .relay = "client.good.test [127.0.2.10]"},
                      {454, "4.7.0", "not authenticated"}),
       5,
       "ruleset=tls_client, arg1=NO, arg2=STARTTLS, relay=client.good.test [127.0.2.10], "
       "reject=454 4.7.0 not authenticated"},
      {ruleset_reject({.name = "try_tls", .argument = "mx1.dest.test", .relay = "mx1.dest.test"},
                      {550, "5.7.1", "do not try TLS with mx1.dest.test [127.0.3.1]"}),
       7,
       "ruleset=try_tls, arg1=mx1.dest.test, relay=mx1.dest.test, reject=550 5.7.1 do not try TLS "
       "with mx1.dest.test [127.0.3.1]"},
      {ruleset_discard({.queue_id = "Q", .name = "check_mail", .argument = "<a@b>", .relay = "R"}),
       3, "Q: ruleset=check_mail, arg1=<a@b>, relay=R, discard"},
      {ruleset_quarantine({.queue_id = "6ANDsfoT010313",
                           .name = "check_mail",
                           .argument = "<x@d5.test>",
                           .relay = "client.good.test [127.0.2.10]"},
                          "held msg"),
       3,
       "6ANDsfoT010313: ruleset=check_mail, arg1=<x@d5.test>, "
       "relay=client.good.test [127.0.2.10], quarantine=held msg"},
      {explain({.queue_id = "6ANA17kk004259",
                .verdict = "reject",
                .rule = "access:To:other.test",
                .line = 41,
                .remedy = "add RELAY"}),
       8,
       "6ANA17kk004259: explain: verdict=reject rule=access:To:other.test line=41 "
       "remedy=\"add RELAY\""},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(c.line.text, c.text);
    EXPECT_EQ(c.line.above_level, c.above_level) << c.text;
  }
}

TEST(GoldenLines, OfSessionsAndTheDaemonAreSendmails) {
  const SocketAddress address{*IpAddress::parse("127.0.0.1"), 40123};
  const Golden cases[] = {
      {connect("client.good.test [127.0.2.10]"), 9,
       "NOQUEUE: connect from client.good.test [127.0.2.10]"},
      {attack(who("6ANA08cc004250", "bad.example.org [203.0.113.9]"), "AUTH", 5), 5,
       "6ANA08cc004250: bad.example.org [203.0.113.9]: possible SMTP attack: command=AUTH, "
       "count=5"},
      {pre_greeting_traffic(who("6ANA09dd004251", "bad.example.org [203.0.113.10]"), 3s), 3,
       "6ANA09dd004251: rejecting commands from bad.example.org [203.0.113.10] due to "
       "pre-greeting traffic after 3 seconds"},
      {early_talker(who("6ANEB6dU018125", "client.good.test [127.0.2.10]"), "EHLO"), 3,
       "6ANEB6dU018125: rejecting server EHLO from client.good.test [127.0.2.10] due to traffic "
       "before response"},
      {early_talker(who("Q", "R"), ""), 3,
       "Q: rejecting commands from R due to pre-greeting traffic after 0 seconds"},
      {did_not_issue(who("6ANA10ee004252", "bad.example.org [203.0.113.11]")), 5,
       "6ANA10ee004252: bad.example.org [203.0.113.11] did not issue MAIL/EXPN/VRFY/ETRN during "
       "connection to MTA-v4"},
      {lost_input(who("6ANA15jj004257", "bad.example.org [203.0.113.14]"), "rcpt"), 1,
       "6ANA15jj004257: lost input channel from bad.example.org [203.0.113.14] to MTA-v4 after "
       "rcpt"},
      {line_too_long(who("6ANDgZNC023722", "client.good.test [127.0.2.10]"), 5002), 5,
       "6ANDgZNC023722: client.good.test [127.0.2.10]: SMTP violation, input too long: 5002"},
      {open_proxy(who("6ANDgY85023705", "client.good.test [127.0.2.10]"), "GET / HTTP/1.0\r\n"), 0,
       "6ANDgY85023705: client.good.test [127.0.2.10]: probable open proxy: command=GET / "
       "HTTP/1.0\\r\\n"},
      {recipient_flood(who("Q", "R")), 5, "Q: R: Possible SMTP RCPT flood, throttling."},
      {verify_refused(who("Q", "R"), "VRFY u"), 5, "Q: R: VRFY u [rejected]"},
      {starting_daemon("8.18.1", 600s), 8, "starting daemon (8.18.1): SMTP+queueing@00:10:00"},
      {starting_daemon("8.18.1", std::nullopt), 8, "starting daemon (8.18.1): SMTP"},
      {stopping_daemon("signal"), 8, "stopping daemon, reason=signal"},
      {listening("MSA", address), 8, "daemon=MSA, listening on 127.0.0.1:40123"},
      {milter_trouble("6A", "one", "timeout before\ndata read, where=mail"), 0,
       "6A: Milter (one): timeout before\\012data read, where=mail"},
      {milter_note(9, "6A", "one", "init success to negotiate"), 9,
       "6A: Milter (one): init success to negotiate"},
      {milter_step(9, "", "connect to filters"), 9, "Milter: connect to filters"},
      {milter_accepted("6A"), 9, "6A: Milter accept: message"},
      {milter_action(10, "6A", "one", "mail", "reject", "550 5.7.1 no"), 10,
       "6A: milter=one, action=mail, reject=550 5.7.1 no"},
      {milter_action(3, "6A", "one", "", "quarantine", ""), 3, "6A: milter=one, quarantine="},
      {milter_action(12, "6A", "one", "rcpt", "continue", ""), 12,
       "6A: milter=one, action=rcpt, continue"},
      {milter_change("6A", "one", "add: header: X-A: b"), 8,
       "6A: Milter (one) add: header: X-A: b"},
      {milter_deleted_recipient("6A", "one", "<a@b>", 1), 8,
       "6A: Milter (one) delete: rcpt <a@b>, naddrs=1"},
      {milter_reply("6A", "from", "<a@b>", "550 5.7.1 no"), 3,
       "6A: Milter: from=<a@b>, reject=550 5.7.1 no"},
      {milter_reply("6A", "data", "", ""), 3, "6A: Milter: data, discard"},
      {milter_connect("6A", "c.test", "192.0.2.1", "rejecting commands"), 3,
       "6A: Milter: connect: host=c.test, addr=192.0.2.1, rejecting commands"},
      {mail_failed_before("6A", "<a@b>", "c.test [192.0.2.1]"), 9,
       "6A: SMTP MAIL command (<a@b>) from c.test [192.0.2.1] tempfailed (due to previous "
       "checks)"},
      {milter_none("6ANDZmtM004283"), 9, "6ANDZmtM004283: Milter: no active filter"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(c.line.text, c.text);
    EXPECT_EQ(c.line.above_level, c.above_level) << c.text;
  }
  const auto end = premature_end(who("6ANDgaTH023760", "client.good.test [127.0.2.10]"), [] {
    mail::Envelope envelope;
    envelope.sender = "a@sender.test";
    return envelope;
  }());
  ASSERT_EQ(end.size(), 2U);
  EXPECT_EQ(end[0].text, "6ANDgaTH023760: collect: premature EOM: unexpected close");
  EXPECT_EQ(end[1].text,
            "6ANDgaTH023760: collect: relay=client.good.test, from=<a@sender.test>, "
            "info=unexpected close");
}

TEST(ToLine, ALongListOfRecipientsTakesSeveralLines) {
  Attempt many = attempt();
  many.recipients.clear();
  for (int i = 0; i < 100; ++i) {
    many.recipients.push_back("recipient" + std::to_string(i) + "@example.com");
  }
  const auto lines = to_line(many);
  ASSERT_GT(lines.size(), 2U);
  std::size_t shown = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_LT(lines[i].text.size(), 1024U);
    EXPECT_TRUE(lines[i].text.starts_with("6ANA04rT004245: to=<recipient"));
    EXPECT_EQ(lines[i].text.ends_with("> [more]"), i + 1 < lines.size());
    for (const char c : lines[i].text) shown += c == '@' ? 1 : 0;
  }
  EXPECT_EQ(shown, 100U);
}

TEST(DelayText, CountsDaysSeparately) {
  EXPECT_EQ(delay_text(0s), "00:00:00");
  EXPECT_EQ(delay_text(86399s), "23:59:59");
  EXPECT_EQ(delay_text(24h + 2h + 3min + 4s), "1+02:03:04");
  EXPECT_EQ(delay_text(-5s), "00:00:00");
}

TEST(MessagePriority, GrowsWithSizeRecipientsAndRuns) {
  EXPECT_EQ(message_priority(1234, 4, 0), 121234);
  EXPECT_EQ(message_priority(318, 1, 2), 210318);
}

// SECURITY F9: one event is one line, and its fields are ours.
TEST(ForeignText, CannotStartALineOrInventAField) {
  using namespace std::string_literals;
  const std::string evil = "x\r\nNov 23 10:00:00 mx sm-mta[1]: \x1b[2J\xff\0%n, stat=Sent"s;
  auto bad = envelope();
  bad.sender = evil;
  bad.message_id = evil;
  bad.protocol = "ESMTP";
  auto deferred = attempt();
  deferred.recipients = {evil, evil};
  deferred.relay = evil;
  deferred.reply = evil;
  deferred.controlling_user = evil;
  mail::TlsFacts tls = tls_facts(mail::Verify::fail);
  tls.cert_subject = tls.cert_issuer = tls.verify_message = evil;
  mail::Reply reply{550, "5.7.1", evil};
  const Who peer{"6ANA08cc004250", evil, "MTA"};
  Lines lines{
      from_line(bad, 1, "MTA", evil),
      starttls(Side::server, evil, tls),
      starttls_certificate(Side::server, tls),
      auth_server(evil, auth_facts("PLAIN", evil.c_str())),
      auth_failure("Q", evil, -13, evil, evil, evil),
      ruleset_reject({.queue_id = "Q", .name = "n", .argument = evil, .relay = evil}, reply),
      attack(peer, evil, 1),
      open_proxy(peer, evil),
      verify_refused(peer, evil),
      early_talker(peer, evil),
      content_refused(peer, evil),
      user_error("Q", evil),
      system_error("Q", evil),
      starttls_read_error(evil),
      dsn_made("Q", "R", evil)};
  for (auto& line : to_line(deferred)) lines.push_back(std::move(line));
  for (auto& line : starttls_failed(Side::server, evil, evil, 1, {evil})) {
    lines.push_back(std::move(line));
  }
  for (auto& line : premature_end(peer, bad)) lines.push_back(std::move(line));
  for (const auto& line : lines) {
    EXPECT_EQ(line.text, printable(line.text, 100'000));
    EXPECT_EQ(line.text.find(", stat=Sent"), std::string::npos) << line.text;
    EXPECT_LT(line.text.size(), 4096U);
  }
}

TEST(ForeignText, IsCutToALengthForEachField) {
  const std::string huge(1'000'000, 'A');
  EXPECT_LT(user_error("Q", huge).text.size(), 1024U);
  EXPECT_LT(connect(huge).text.size(), 512U);
  EXPECT_LT(auth_failure("Q", huge, -13, huge, huge, huge).text.size(), 1024U);
  auto bad = envelope();
  bad.sender = bad.message_id = bad.protocol = huge;
  EXPECT_LT(from_line(bad, 1, huge, huge).text.size(), 2048U);
}

TEST(ForeignText, KeepsItsCommasWhereTheyMeanNothing) {
  auto sent = attempt();
  sent.status = "2.0.0";
  sent.stat = "Sent (ok, thanks, 1=1)";
  EXPECT_TRUE(to_line(sent)[0].text.ends_with("stat=Sent (ok, thanks\\054 1=1)"));
  sent.stat = "Sent (ok, thanks, bye)";
  EXPECT_TRUE(to_line(sent)[0].text.ends_with("stat=Sent (ok, thanks, bye)"));
}

}  // namespace
}  // namespace signet::maillog
