// TLS and AUTH toward next hops: what is proved, what is insisted on, what is never done.
#include <set>

#include "signet/base/guarded.h"
#include "signet/table/no_waiting.h"
#include "unit/deliver/fixture.h"

namespace signet::deliver {
namespace {

class CourierTlsTest : public CourierTest {
 protected:
  CourierTlsTest() {
    use_tls();
    mx("d1.test", {1});
  }
};

// A map that another program holds, which is asked elsewhere than on the loop.
class FarTable final : public table::Table {
 public:
  explicit FarTable(std::shared_ptr<const test::FakeTable> held) : held_(std::move(held)) {}
  // As when its answers have grown old.
  void forget() {
    known_.with([](auto& keys) { keys.clear(); });
  }
  [[nodiscard]] Result<std::optional<std::string>> find(std::string_view key) const override {
    return known_.with([&](auto& keys) -> Result<std::optional<std::string>> {
      auto* here = table::NoWaiting::here();
      if (here == nullptr) keys.insert(std::string(key));
      if (keys.contains(std::string(key))) return held_->find(key);
      here->note(*this, key);
      return temporary("far: not asked yet");
    });
  }
  [[nodiscard]] std::string_view name() const override { return "far"; }
  [[nodiscard]] bool waits() const override { return true; }

 private:
  std::shared_ptr<const test::FakeTable> held_;
  mutable Guarded<std::set<std::string>> known_;
};

TEST_F(CourierTlsTest, TakesEveryOfferAndLogsWhatItProved) {
  auto& mx1 = server(1);
  mx1.script.tls = server_tls(pki);
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for_line({"stat=Sent"}));
  EXPECT_TRUE(mx1.mails.at(0).tls);
  EXPECT_EQ(log.line_with({"STARTTLS=client, relay="}),
            "STARTTLS=client, relay=mx1.dest.test., version=TLSv1.3, verify=OK, "
            "cipher=TLS_AES_256_GCM_SHA384, bits=256/256");
  EXPECT_NE(log.line_with({"STARTTLS=client, cert-subject=/CN=mx1.dest.test, cert-issuer="}), "");
}

TEST_F(CourierTlsTest, DeliversToUnverifiedServersUnlessTheAccessMapObjects) {
  test::TestPki stranger(test::NameParts{{"CN", "Untrusted CA"}});
  auto& mx1 = server(1);
  mx1.script.tls = server_tls(stranger);
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for_line({"stat=Sent"}));
  EXPECT_NE(log.line_with({"STARTTLS=client, relay=mx1.dest.test.", "verify=FAIL"}), "");

  courier.reset();
  access->set("TLS_Srv:mx1.dest.test", "VERIFY");
  mx1.lines.clear();
  submit({"y@d1.test"});
  ASSERT_TRUE(wait_for_line({"to=<y@d1.test>",
                             "relay=mx1.dest.test. [127.0.3.1], dsn=4.7.0, "
                             "stat=Deferred: 454 4.7.0 authentication failed"}));
  EXPECT_FALSE(mx1.was_told("MAIL"));
  EXPECT_TRUE(mx1.was_told("QUIT"));
  EXPECT_NE(log.line_with({"ruleset=tls_server, arg1=FAIL, relay=mx1.dest.test, "
                           "reject=454 4.7.0 authentication failed"}),
            "");

  courier.reset();
  access->set("TLS_Srv:mx1.dest.test", "PERM+VERIFY");
  submit({"z@d1.test"});
  EXPECT_TRUE(wait_for_line({"to=<z@d1.test>", "dsn=5.7.0, stat=Service unavailable"}));
}

TEST_F(CourierTlsTest, SendsNothingInTheClearWhereTlsIsRequired) {
  auto& mx1 = server(1);  // offers none
  access->set("TLS_Srv:mx1.dest.test", "ENCR:128");
  submit({"x@d1.test"});
  ASSERT_TRUE(
      wait_for_line({"dsn=4.7.0, stat=Deferred: 454 4.7.0 encryption too weak 0 less than 128"}));
  EXPECT_FALSE(mx1.was_told("MAIL"));
}

TEST_F(CourierTlsTest, AsksForEachRecipient) {
  auto& mx1 = server(1);
  access->set("TLS_Rcpt:secret@d1.test", "ENCR:128");
  access->set("TLS_Rcpt:never@d1.test", "PERM+ENCR:128");
  submit({"open@d1.test", "secret@d1.test", "never@d1.test"});
  ASSERT_TRUE(wait_for_line({"to=<open@d1.test>", "stat=Sent"}));
  EXPECT_TRUE(wait_for_line({"to=<secret@d1.test>", "dsn=4.2.0, stat=Deferred"}));
  EXPECT_TRUE(wait_for_line({"to=<never@d1.test>", "dsn=5.5.2, stat=Data format error"}));
  EXPECT_NE(
      log.line_with({": ruleset=tls_rcpt, arg1=secret@d1.test, relay=mx1.dest.test., reject=454"}),
      "");
  EXPECT_EQ(mx1.mails.at(0).to, std::vector<std::string>{"<open@d1.test>"});
}

TEST_F(CourierTlsTest, AsksAMapThatWaitsAboutAllRecipientsOfATask) {
  const table::NoWaiting no_waiting;
  const auto far = std::make_shared<FarTable>(access);
  options.access_map = far;
  options.maps_wait = true;
  auto& mx1 = server(1);
  mx1.script.answer = [&](const std::string& line) {
    if (line.starts_with("EHLO") || line == ".") far->forget();
    return std::string();
  };
  access->set("TLS_Rcpt:secret@d1.test", "ENCR:128");
  access->set("TLS_Rcpt:other@d1.test", "ENCR:128");
  submit({"x@d1.test", "y@d1.test", "secret@d1.test", "z@d1.test"});
  ASSERT_TRUE(wait_for_line({"to=<x@d1.test>,<y@d1.test>,<z@d1.test>", "stat=Sent"}));
  EXPECT_TRUE(wait_for_line({"to=<secret@d1.test>", "stat=Deferred"}));
  EXPECT_EQ(mx1.mails.at(0).to.size(), 3U);

  // A connection that is idle asks too, and goes on behind those that it may not send.
  submit({"secret@d1.test"});
  submit({"other@d1.test"});
  submit({"v@d1.test", "w@d1.test"});
  EXPECT_TRUE(wait_for_line({"to=<v@d1.test>,<w@d1.test>", "stat=Sent"}));
  EXPECT_TRUE(wait_for_line({"ruleset=tls_rcpt, arg1=other@d1.test", "reject=454"}));
  EXPECT_EQ(log.line_with({"not asked yet"}), "");
}

TEST_F(CourierTlsTest, GoesOnWhenNoRecipientOfATaskMayBeSent) {
  auto& mx1 = server(1);
  access->set("TLS_Rcpt:secret@d1.test", "ENCR:128");
  options.idle_timeout = std::chrono::seconds(0);
  submit({"secret@d1.test"});
  ASSERT_TRUE(wait_for_line({"to=<secret@d1.test>", "stat=Deferred"}));
  EXPECT_TRUE(wait_for([&] { return mx1.was_told("QUIT"); }));
}

TEST_F(CourierTlsTest, GivesUpAServerWithWordsBehindThe220) {
  auto& mx1 = server(1);
  mx1.script.tls = server_tls(pki);
  mx1.script.behind_220 = "250-evil\r\n250 AUTH PLAIN";
  submit({"x@d1.test"});
  ASSERT_TRUE(
      wait_for_line({"to=<x@d1.test>", "dsn=4.7.0, stat=Deferred: 454 4.7.0 STARTTLS failed."}));
  EXPECT_NE(log.line_with({"ruleset=tls_server, arg1=PROTOCOL, relay=mx1.dest.test, "
                           "reject=454 4.7.0 STARTTLS failed."}),
            "");
  EXPECT_FALSE(mx1.was_told("MAIL"));
}

TEST_F(CourierTlsTest, DoesNotTryTlsWhereTheAccessMapSaysNo) {
  auto& mx1 = server(1);
  mx1.script.tls = server_tls(pki);
  access->set("Try_TLS:mx1.dest.test", "NO");
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for_line({"stat=Sent"}));
  EXPECT_FALSE(mx1.was_told("STARTTLS"));
  EXPECT_NE(
      log.line_with({"ruleset=try_tls, arg1=mx1.dest.test, relay=mx1.dest.test, reject=550 5.7.1"}),
      "");
}

TEST_F(CourierTlsTest, DefersAfterAFailedHandshakeAndTriesTheNextHost) {
  auto& mx1 = server(1);
  mx1.script.tls = server_tls(pki);
  mx1.script.speaks_tls = false;
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for_line({"to=<x@d1.test>",
                             "relay=mx1.dest.test. [127.0.3.1], dsn=4.7.0, "
                             "stat=Deferred: 454 4.7.0 TLS handshake failed."}));
  EXPECT_NE(log.line_with({"STARTTLS=client, error: connect failed="}), "");
  EXPECT_NE(log.line_with({"ruleset=tls_server, arg1=SOFTWARE, relay=mx1.dest.test, "
                           "reject=454 4.7.0 TLS handshake failed."}),
            "");

  courier.reset();
  mx("d2.test", {1, 2});
  auto& mx2 = server(2);
  mx2.script.tls = server_tls(pki, "mx2.dest.test");
  submit({"y@d2.test"});
  ASSERT_TRUE(wait_for_line({"to=<y@d2.test>", "relay=mx2.dest.test. [127.0.3.2], dsn=2.0.0"}));
  EXPECT_TRUE(mx2.mails.at(0).tls);
  EXPECT_FALSE(mx1.was_told("MAIL"));
}

TEST_F(CourierTlsTest, TakesSilenceInTheHandshakeForAFailure) {
  auto& mx1 = server(1);
  mx1.script.tls = server_tls(pki);
  mx1.script.speaks_tls = false;
  mx1.script.words.clear();
  session.starttls_timeout = std::chrono::seconds(1);
  access->set("TLS_Srv:mx1.dest.test", "TEMP+ENCR:1");
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for_line(
      {"to=<x@d1.test>", "dsn=4.7.0, stat=Deferred: 403 4.7.0 TLS handshake failed."}));
  EXPECT_NE(log.line_with({"STARTTLS=client, error: connect failed=-1, reason=timeout"}), "");
  EXPECT_NE(log.line_with({"ruleset=tls_server, arg1=SOFTWARE, relay=mx1.dest.test"}), "");

  courier.reset();
  access->set("TLS_Srv:mx1.dest.test", "OK");
  options.fall_back_to_clear = true;
  submit({"y@d1.test"});
  EXPECT_TRUE(wait_for_line({"to=<y@d1.test>", "dsn=2.0.0, stat=Sent"}));
}

TEST_F(CourierTlsTest, RetriesInTheClearWhenTheSiteWantsThat) {
  auto& mx1 = server(1);
  mx1.script.tls = server_tls(pki);
  mx1.script.speaks_tls = false;
  options.fall_back_to_clear = true;
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for_line({"to=<x@d1.test>", "dsn=2.0.0, stat=Sent"}));
  EXPECT_EQ(mx1.connections, 2U);
  EXPECT_FALSE(mx1.mails.at(0).tls);

  // Not where the access map demands TLS.
  courier.reset();
  access->set("TLS_Srv:mx1.dest.test", "ENCR:128");
  mx1.lines.clear();
  submit({"y@d1.test"});
  ASSERT_TRUE(wait_for_line({"to=<y@d1.test>",
                             "dsn=4.7.0, stat=Deferred: 454 4.7.0 "
                             "encryption too weak 0 less than 128"}));
  EXPECT_NE(log.line_with({"ruleset=tls_server, arg1=CLEAR, relay=mx1.dest.test"}), "");
  EXPECT_FALSE(mx1.was_told("MAIL"));
}

// ---- AUTH ----

class CourierAuthTest : public CourierTlsTest {
 protected:
  CourierAuthTest() {
    auto opened = sasl::Library::open({.application = "Sendmail", .conf_dir = ""});
    if (opened) sasl = std::move(*opened);
    access->set("AuthInfo:mx1.dest.test", "\"U:alice\" \"I:alice\" \"P:secret\"");
  }
  static std::string credentials() {
    using namespace std::string_literals;
    return "AUTH PLAIN " + base64_encode("\0alice\0secret"s);
  }
};

TEST_F(CourierAuthTest, ProvesWhoItIsUnderTls) {
  ASSERT_TRUE(sasl);
  auto& mx1 = server(1);
  mx1.script.tls = server_tls(pki);
  mx1.script.tls_keywords = {"AUTH PLAIN LOGIN"};
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for_line({"stat=Sent"}));
  EXPECT_TRUE(mx1.was_told("AUTH PLAIN") || mx1.was_told("AUTH LOGIN"));
  EXPECT_NE(log.line_with({"AUTH=client, relay=mx1.dest.test., mech=", ", bits=0"}), "");
  EXPECT_EQ(log.count("secret"), 0U);
}

TEST_F(CourierAuthTest, NeverShowsThePasswordWithoutTls) {
  ASSERT_TRUE(sasl);
  auto& mx1 = server(1);
  mx1.script.keywords = {"AUTH PLAIN LOGIN"};
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for_line({"to=<x@d1.test>", "dsn=4.", "stat=Deferred"}));
  EXPECT_FALSE(mx1.was_told("AUTH"));
  EXPECT_FALSE(mx1.was_told("MAIL"));
  EXPECT_NE(
      log.line_with({"AUTH=client, available mechanisms=PLAIN LOGIN do not fulfill requirements"}),
      "");
}

TEST_F(CourierAuthTest, GoesOnWithoutWhereNoCredentialsAreKnown) {
  ASSERT_TRUE(sasl);
  auto& mx2 = server(2);
  mx("d2.test", {2});
  mx2.script.tls = server_tls(pki, "mx2.dest.test");
  mx2.script.tls_keywords = {"AUTH PLAIN"};
  submit({"x@d2.test"});
  ASSERT_TRUE(wait_for_line({"stat=Sent"}));
  EXPECT_NE(log.line_with({"AUTH=client, relay=mx2.dest.test., mech=, bits=0"}), "");
  EXPECT_FALSE(mx2.was_told("AUTH"));
}

TEST_F(CourierAuthTest, SurvivesAnEndInMidStep) {
  ASSERT_TRUE(sasl);
  auto& mx1 = server(1);
  mx1.script.tls = server_tls(pki);
  mx1.script.tls_keywords = {"AUTH PLAIN"};
  for (int i = 0; i < 10; ++i) {
    courier.reset();
    const auto before = mx1.connections;
    submit({"x@d1.test"});
    wait_for([&] { return mx1.connections > before; });
    test::run_rounds(loop, i);
  }
  courier.reset();
  test::run_rounds(loop);
}

TEST_F(CourierAuthTest, KeepsTheMailWhenThePasswordIsWrong) {
  ASSERT_TRUE(sasl);
  auto& mx1 = server(1);
  mx1.script.tls = server_tls(pki);
  mx1.script.tls_keywords = {"AUTH PLAIN"};
  bool wrong = true;
  mx1.script.answer = [&](const std::string& line) -> std::string {
    return line.starts_with("AUTH") && wrong ? "535 5.7.8 authentication failed" : "";
  };
  submit({"x@d1.test"}, "u@mx.spec.test");
  ASSERT_TRUE(wait_for_progress());
  EXPECT_NE(log.line_with({"to=<x@d1.test>",
                           "dsn=4.7.0, reply=535 5.7.8 authentication failed, stat=Deferred: "}),
            "");
  EXPECT_NE(log.line_with({"AUTH=client, relay=mx1.dest.test. [127.0.3.1], refused: 535 5.7.8 "}),
            "");
  EXPECT_FALSE(mx1.was_told("MAIL"));
  EXPECT_TRUE(agent.letters.empty());
  EXPECT_EQ(spool.messages().size(), 1U);

  wrong = false;
  courier->run_queue();
  EXPECT_TRUE(wait_for_line({"to=<x@d1.test>", "stat=Sent"}));
}

}  // namespace
}  // namespace signet::deliver
