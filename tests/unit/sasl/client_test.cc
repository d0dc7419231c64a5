#include "signet/sasl/client.h"

#include "unit/sasl/site.h"

namespace signet::sasl {
namespace {

class ClientExchangeTest : public Site {
 protected:
  std::unique_ptr<ClientExchange> client(const ClientOptions& options) {
    auto made = ClientExchange::make(*library_, options);
    EXPECT_TRUE(made) << made.error().what;
    return made ? std::move(*made) : nullptr;
  }
};

TEST_F(ClientExchangeTest, ChoosesTheStrongestThatIsOffered) {
  struct {
    std::vector<std::string> offered;
    const char* chosen;
  } const cases[] = {
      {{"PLAIN", "LOGIN", "CRAM-MD5"}, "CRAM-MD5"},
      {{"PLAIN", "CRAM-MD5", "DIGEST-MD5"}, "DIGEST-MD5"},
      {{"NO-SUCH", "PLAIN"}, "PLAIN"},
      {{"LOGIN"}, "LOGIN"},
      {{"EXTERNAL", "PLAIN"}, "PLAIN"},  // without an identity
  };
  for (const auto& one : cases) {
    const auto step = client(client_options())->start(one.offered);
    EXPECT_EQ(step.state, ClientStep::State::respond) << step.reason;
    EXPECT_EQ(step.mechanism, one.chosen);
  }
}

TEST_F(ClientExchangeTest, FailsWhenNothingFits) {
  for (const std::vector<std::string>& offered :
       {std::vector<std::string>{}, {"NO-SUCH"}, {"EXTERNAL"}}) {
    const auto step = client(client_options())->start(offered);
    EXPECT_EQ(step.state, ClientStep::State::failed);
    EXPECT_NE(step.reason.find("no mechanism available"), std::string::npos) << step.reason;
    EXPECT_EQ(step.mechanism, "");
  }
}

TEST_F(ClientExchangeTest, SendsNoPlainPasswordWhenToldSo) {
  ClientOptions options = client_options();
  options.security.no_plaintext_without_layer = true;
  EXPECT_EQ(client(options)->start({"PLAIN", "LOGIN"}).state, ClientStep::State::failed);
  options.tls_active = true;
  options.tls_bits = 256;
  EXPECT_EQ(client(options)->start({"PLAIN"}).state, ClientStep::State::respond);
}

TEST_F(ClientExchangeTest, SendsWhatPlainNeeds) {
  using namespace std::string_literals;
  EXPECT_EQ(client(client_options())->start({"PLAIN"}).bytes, "\0bob\0secret"s);
  ClientOptions options = client_options();
  options.user = "team";
  EXPECT_EQ(client(options)->start({"PLAIN"}).bytes, "team\0bob\0secret"s);
  options.authid.clear();
  EXPECT_EQ(client(options)->start({"PLAIN"}).bytes, "\0team\0secret"s);
}

TEST_F(ClientExchangeTest, WaitsWhereTheServerSpeaksFirst) {
  const auto exchange = client(client_options());
  EXPECT_FALSE(exchange->start({"LOGIN"}).bytes);
  EXPECT_EQ(exchange->step("Username:").bytes, "bob");
  EXPECT_EQ(exchange->step("Password:").bytes, "secret");
}

TEST_F(ClientExchangeTest, SendsAnEmptyInitialResponseForExternal) {
  ClientOptions options;
  options.server = kHost;
  options.tls_active = true;
  options.tls_bits = 256;
  options.external_id = "/CN=us";
  const auto step = client(options)->start({"EXTERNAL"});
  ASSERT_TRUE(step.bytes) << step.reason;
  EXPECT_EQ(*step.bytes, "");
}

TEST_F(ClientExchangeTest, FailsOnChallengesThatMakeNoSense) {
  for (const char* mechanism : {"DIGEST-MD5", "SCRAM-SHA-256"}) {
    for (const std::string& challenge :
         {std::string("junk"), std::string(), std::string(20'000, 'x'), std::string("\0\0\0", 3)}) {
      const auto exchange = client(client_options());
      if (exchange->start({mechanism}).state == ClientStep::State::failed) continue;  // no plugin
      const auto step = exchange->step(challenge);
      EXPECT_EQ(step.state, ClientStep::State::failed) << mechanism;
      EXPECT_FALSE(step.reason.empty());
      EXPECT_EQ(exchange->step("again").state, ClientStep::State::failed);
    }
  }
}

TEST_F(ClientExchangeTest, DoesNotComputeForEverBecauseAServerSaysSo) {
  const auto exchange = client(client_options());
  const auto first = exchange->start({"SCRAM-SHA-256"});
  if (first.state == ClientStep::State::failed) GTEST_SKIP() << "NO PLUGIN FOR SCRAM: NOT TESTED";
  const std::string nonce = first.bytes->substr(first.bytes->find("r=") + 2);
  const auto step = exchange->step("r=" + nonce + "srv,s=c2FsdA==,i=2000000000");
  EXPECT_EQ(step.state, ClientStep::State::failed);
  EXPECT_EQ(step.reason, "too many rounds asked for");
}

TEST_F(ClientExchangeTest, DoesNotBelieveAServerThatCannotProveItself) {
  for (const char* mechanism : {"DIGEST-MD5", "SCRAM-SHA-256"}) {
    const auto exchange = client(client_options());
    auto mine = exchange->start({mechanism});
    if (mine.state == ClientStep::State::failed) continue;  // no plugin
    const auto server = serve(server_options());
    std::optional<std::string_view> initial;
    if (mine.bytes) initial = *mine.bytes;
    const Step challenge = server->start(mechanism, initial);
    ASSERT_EQ(challenge.state, Step::State::challenge);
    mine = exchange->step(challenge.bytes);
    ASSERT_TRUE(mine.bytes) << mine.reason;
    Step proof = server->step(*mine.bytes);
    ASSERT_EQ(proof.state, Step::State::challenge) << mechanism;
    proof.bytes[proof.bytes.size() / 2] ^= 1;
    EXPECT_EQ(exchange->step(proof.bytes).state, ClientStep::State::failed) << mechanism;
  }
}

TEST_F(ClientExchangeTest, SurvivesAStepWithoutAStart) {
  EXPECT_EQ(client(client_options())->step("x").state, ClientStep::State::failed);
}

}  // namespace
}  // namespace signet::sasl
