// STARTTLS and AUTH of the server side: real OpenSSL, real Cyrus SASL.
#include <cstdlib>
#include <future>

#include "signet/base/text.h"
#include "unit/receive/fixture.h"

namespace signet::receive {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

TEST_F(ReceiverTest, LogsEachHandshakeAndMarksTheMessage) {
  use_tls();
  auto caller = call_and_greet();
  EXPECT_EQ(caller->ask("STARTTLS"), "220 2.0.0 Ready to start TLS");
  ASSERT_TRUE(caller->start_tls(client_tls()));
  EXPECT_EQ(caller->ask("EHLO c.test").find("STARTTLS"), std::string::npos);
  EXPECT_EQ(send(*caller).substr(0, 4), "250 ");
  EXPECT_EQ(log.line_with({"STARTTLS=server, relay="}),
            "STARTTLS=server, relay=client.good.test [127.0.0.1], version=TLSv1.3, verify=NO, "
            "cipher=TLS_AES_256_GCM_SHA384, bits=256/256");
  EXPECT_NE(log.line_with({"STARTTLS=server, cert-subject=, cert-issuer=, verifymsg=ok"}), "");
  EXPECT_NE(log.line_with({"from=", "proto=ESMTPS"}), "");
  const std::string content(taken.front()->content->in_memory());
  EXPECT_NE(content.find("(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=NO)"),
            std::string::npos);
}

TEST_F(ReceiverTest, TellsGoodFromBadClientCertificates) {
  use_tls();
  const auto good = pki.issue({.subject = {{"O", "Spec Org"}, {"CN", "client.good.test"}}});
  test::TestPki stranger(test::NameParts{{"CN", "Untrusted CA"}});
  const auto bad = stranger.issue();
  struct Case {
    test::CertificateFiles files;
    const char* verify;
    const char* message;
  };
  for (const auto& one :
       {Case{good, "OK", "ok"}, Case{bad, "FAIL", "unable to get local issuer certificate"}}) {
    SCOPED_TRACE(one.verify);
    auto caller = call_and_greet();
    caller->ask("STARTTLS");
    ASSERT_TRUE(caller->start_tls(client_tls(one.files)));
    EXPECT_EQ(caller->ask("EHLO c.test").substr(0, 4), "250-");
    EXPECT_NE(log.line_with({"STARTTLS=server, relay=", ", verify="s + one.verify}), "");
    EXPECT_NE(log.line_with({"verifymsg="s + one.message}), "");
  }
}

TEST_F(ReceiverTest, DoesNotAskForACertificateWhenToldSo) {
  use_tls(false);
  auto caller = call_and_greet();
  caller->ask("STARTTLS");
  ASSERT_TRUE(caller->start_tls(client_tls()));
  caller->ask("EHLO c.test");
  EXPECT_NE(log.line_with({"STARTTLS=server, relay=", "verify=NOT"}), "");
}

TEST_F(ReceiverTest, TakesNoCommandSaidBeforeTlsAsSaidUnderIt) {
  use_tls();
  auto caller = call_and_greet();
  caller->say("STARTTLS\r\nMAIL FROM:<evil@sender.test>\r\nNOOP\r\n");
  EXPECT_EQ(caller->hear(), "220 2.0.0 Ready to start TLS");
  ASSERT_TRUE(caller->start_tls(client_tls()));
  // The first thing heard under TLS answers the first thing said under it.
  EXPECT_EQ(caller->ask("HELP").substr(0, 4), "214-");
  EXPECT_EQ(log.count("evil@sender.test"), 0U);
}

TEST_F(ReceiverTest, LogsFailedHandshakesAndHangsUp) {
  use_tls();
  auto caller = call_and_greet();
  caller->ask("STARTTLS");
  caller->say("EHLO not.tls.test\r\n");
  EXPECT_TRUE(caller->hung_up_on());
  ASSERT_TRUE(wait_for_sessions(0));
  EXPECT_NE(log.line_with({"STARTTLS=server, error: accept failed=-1, reason=", "SSL_error=1",
                           "relay=client.good.test [127.0.0.1]"}),
            "");
  EXPECT_NE(log.line_with({"did not issue MAIL/EXPN/VRFY/ETRN"}), "");
}

TEST_F(ReceiverTest, SpeaksImplicitTlsAlsoToAClientThatDoesNotWait) {
  use_tls();
  session.implicit_tls = true;
  session.offer_starttls = false;
  resolver.hold();  // the hello comes while the client's name is looked up
  open();
  Caller caller(loop, address);
  ASSERT_TRUE(wait_for_sessions(1));
  loop.post([&] {
    loop::Loop& here = loop;
    here.post([&] { resolver.release(); });
  });
  ASSERT_TRUE(caller.start_tls(client_tls(), true));
  EXPECT_EQ(caller.hear(), "220 mx.spec.test ESMTP test");
  caller.ask("EHLO c.test");
  EXPECT_EQ(send(caller).substr(0, 4), "250 ");
  EXPECT_NE(log.line_with({"from=", "proto=ESMTPS"}), "");
}

TEST_F(ReceiverTest, GivesUpAnImplicitHandshakeThatNeverComes) {
  use_tls();
  session.implicit_tls = true;
  session.starttls_timeout = std::chrono::seconds(1);
  open();
  Caller caller(loop, address);
  EXPECT_TRUE(caller.hung_up_on());
}

TEST_F(ReceiverTest, InsistsOnTheTlsThatTheAccessMapWants) {
  use_tls();
  access->set("TLS_Clt:client.good.test", "VERIFY");
  auto caller = call_and_greet();
  EXPECT_EQ(caller->ask("MAIL FROM:<a@sender.test>").substr(0, 9), "454 4.7.0");
  caller->ask("STARTTLS");
  ASSERT_TRUE(caller->start_tls(client_tls()));
  EXPECT_NE(caller->ask("MAIL FROM:<a@sender.test>").find("not authenticated"), std::string::npos);
  EXPECT_NE(log.line_with({"ruleset=tls_client, arg1=NO, arg2=STARTTLS, relay=client.good.test "
                           "[127.0.0.1], reject=454 4.7.0 not authenticated"}),
            "");
}

// ---- AUTH ----

class ReceiverAuthTest : public ReceiverTest {
 protected:
  void SetUp() override {
    const std::string db = folder / "sasldb2";
    const std::string make = "echo secret | saslpasswd2 -p -c -f " + db + " -u mx.spec.test bob";
    if (std::system(make.c_str()) != 0) GTEST_SKIP() << "saslpasswd2 is not there: " << make;
    folder.write("Sendmail.conf", "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: " +
                                      db + "\nmech_list: PLAIN LOGIN CRAM-MD5\n");
    auto opened = sasl::Library::open({.application = "Sendmail", .conf_dir = folder.path()});
    ASSERT_TRUE(opened.has_value()) << opened.error().what;
    sasl = std::move(*opened);
    options.sasl.host = "mx.spec.test";
    options.sasl.realm = "mx.spec.test";
    options.sasl.mechanisms = {"PLAIN", "LOGIN"};
    options.mechanisms_tls = {"PLAIN", "LOGIN"};
    options.mechanisms_external = {"PLAIN", "LOGIN"};
    options.site.trusted_mechanisms = {"PLAIN", "LOGIN"};
    use_tls();
  }
  std::unique_ptr<Caller> call_with_tls() {
    auto caller = call_and_greet();
    caller->ask("STARTTLS");
    EXPECT_TRUE(caller->start_tls(client_tls()));
    EXPECT_NE(caller->ask("EHLO c.test").find("250-AUTH PLAIN LOGIN"), std::string::npos);
    return caller;
  }
  static std::string plain(const std::string& user, const std::string& password) {
    return "AUTH PLAIN " + base64_encode("\0"s + user + "\0"s + password);
  }
  test::TemporaryDirectory folder;
};

// Who checks passwords may hang: neither the client does, nor those who only bring mail.
TEST_F(ReceiverAuthTest, WaitsForACheckNoLongerThanItsPatience) {
  options.auth_patience = 0s;
  options.user_lookup_blocks = true;
  std::promise<void> wake;
  const auto hangs = wake.get_future().share();
  for (int i = 0; i < 2; ++i) auth_workers.run([hangs] { hangs.wait(); });
  auto caller = call_with_tls();
  EXPECT_EQ(caller->ask(plain("bob", "secret")), "454 4.7.0 Temporary authentication failure");
  EXPECT_NE(log.line_with({"AUTH failure (PLAIN): ", "no answer in time"}), "");
  EXPECT_EQ(send(*caller).substr(0, 4), "250 ");
  wake.set_value();
  EXPECT_EQ(caller->ask("NOOP"), "250 2.0.0 OK");
}

TEST_F(ReceiverAuthTest, LetsWhoProvedHimselfRelay) {
  client_address = "127.0.0.2";
  auto caller = call_with_tls();
  caller->ask("MAIL FROM:<a@sender.test>");
  EXPECT_EQ(caller->ask("RCPT TO:<x@other.test>").substr(0, 4), "550 ");
  caller->ask("RSET");
  EXPECT_EQ(caller->ask(plain("bob", "secret")), "235 2.0.0 OK Authenticated");
  EXPECT_EQ(send(*caller, "x@other.test").substr(0, 4), "250 ");
  EXPECT_NE(log.line_with({"AUTH=server, relay=[127.0.0.2], authid=bob", ", mech=PLAIN, bits=0"}),
            "");
  EXPECT_NE(log.line_with({"from=", "proto=ESMTPSA"}), "");
  const std::string content(taken.front()->content->in_memory());
  EXPECT_NE(content.find("(authenticated bits=0)"), std::string::npos);
}

TEST_F(ReceiverAuthTest, OffersNothingInTheClear) {
  auto caller = call();
  EXPECT_EQ(caller->ask("EHLO c.test").find("AUTH"), std::string::npos);
  EXPECT_EQ(caller->ask(plain("bob", "secret")), "503 5.3.3 AUTH not available");
}

TEST_F(ReceiverAuthTest, LogsWrongPasswords) {
  auto caller = call_with_tls();
  EXPECT_EQ(caller->ask(plain("bob", "wrong")), "535 5.7.0 authentication failed");
  EXPECT_NE(log.line_with({": AUTH failure (PLAIN): authentication failure (-13) SASL(-13)",
                           "relay=client.good.test [127.0.0.1]"}),
            "");
  EXPECT_EQ(log.count("wrong"), 0U);
  EXPECT_EQ(caller->ask(plain("bob", "secret")), "235 2.0.0 OK Authenticated");
}

TEST_F(ReceiverAuthTest, DropsAnswersForAClientThatLeft) {
  for (int i = 0; i < 20; ++i) {
    auto caller = call_with_tls();
    caller->say(plain("bob", i % 2 == 0 ? "secret" : "wrong") + "\r\n");
    test::run_rounds(loop, i % 4);
    caller->hang_up();
  }
  EXPECT_TRUE(wait_for_sessions(0));
}

TEST_F(ReceiverAuthTest, SpeaksTheStepsOfLogin) {
  auto caller = call_with_tls();
  EXPECT_EQ(caller->ask("AUTH LOGIN"), "334 " + base64_encode("Username:"));
  EXPECT_EQ(caller->ask(base64_encode("bob")), "334 " + base64_encode("Password:"));
  EXPECT_EQ(caller->ask(base64_encode("secret")), "235 2.0.0 OK Authenticated");
  caller->ask("QUIT");
}

TEST_F(ReceiverAuthTest, ForgetsAnExchangeThatIsCancelled) {
  auto caller = call_with_tls();
  caller->ask("AUTH LOGIN");
  EXPECT_EQ(caller->ask("*"), "501 5.0.0 AUTH aborted");
  EXPECT_EQ(caller->ask(plain("bob", "secret")), "235 2.0.0 OK Authenticated");
}

}  // namespace
}  // namespace signet::receive
