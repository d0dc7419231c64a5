// Our client against our server, one mechanism after the other.
#include <thread>

#include "unit/sasl/site.h"

namespace signet::sasl {
namespace {

const std::vector<std::string> kWithPassword = {"PLAIN",      "LOGIN",       "CRAM-MD5",
                                                "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"};

class Exchange : public Site {
 protected:
  // Not every machine has every plugin.
  std::vector<std::string> mechanisms() {
    const auto names = offered(*library_, server_options());
    EXPECT_TRUE(names);
    std::vector<std::string> here;
    for (const auto& name : kWithPassword) {
      if (std::ranges::find(*names, name) != names->end()) here.push_back(name);
    }
    EXPECT_GE(here.size(), 4U) << "PLUGINS ARE MISSING (package libsasl2-modules)";
    return here;
  }
};

TEST_F(Exchange, LetsTheRightPasswordIn) {
  for (const auto& mechanism : mechanisms()) {
    const auto [server, client] = meet(server_options(), client_options(), {mechanism});
    EXPECT_EQ(server.state, Step::State::done) << mechanism << server.reason;
    EXPECT_EQ(server.user, "bob") << mechanism;
    EXPECT_EQ(server.author, "bob") << mechanism;
    EXPECT_EQ(server.bits, 0);
    EXPECT_EQ(client.state, ClientStep::State::respond) << client.reason;
  }
}

TEST_F(Exchange, RefusesAWrongPasswordAndAnUnknownUserAlike) {
  for (const auto& mechanism : mechanisms()) {
    const auto wrong = meet(server_options(), client_options("wrong"), {mechanism}).server;
    EXPECT_EQ(wrong.state, Step::State::refused) << mechanism;
    EXPECT_EQ(wrong.sasl_code, -13) << mechanism;
    EXPECT_TRUE(wrong.reason.starts_with("SASL(-13): authentication failure: ")) << wrong.reason;
    EXPECT_EQ(wrong.user_tried, "bob") << mechanism;
    EXPECT_EQ(wrong.user, "");
    EXPECT_EQ(wrong.bytes, "");  // nothing of what the mechanism left behind
    ClientOptions nobody = client_options();
    nobody.authid = "nobody";
    const auto unknown = meet(server_options(), nobody, {mechanism}).server;
    EXPECT_EQ(unknown.state, Step::State::refused) << mechanism;
    EXPECT_EQ(unknown.user_tried, "nobody") << mechanism;
  }
}

TEST_F(Exchange, GivesNobodyAnothersIdentity) {
  for (const auto& mechanism : mechanisms()) {
    ClientOptions as_eve = client_options();
    as_eve.user = "eve";
    const auto step = meet(server_options(), as_eve, {mechanism}).server;
    if (mechanism == "LOGIN" || mechanism == "CRAM-MD5") {  // they have no authorisation id
      EXPECT_EQ(step.author, "bob") << mechanism;
    } else {
      EXPECT_EQ(step.state, Step::State::refused) << mechanism;
    }
    ClientOptions as_bob = client_options();
    as_bob.user = "bob";
    EXPECT_EQ(meet(server_options(), as_bob, {mechanism}).server.author, "bob") << mechanism;
  }
}

TEST_F(Exchange, LooksUsersUpInTheRealm) {
  ServerOptions elsewhere = server_options();
  elsewhere.realm = "realm.test";
  for (const auto& mechanism : mechanisms()) {
    const auto step = meet(elsewhere, client_options("elsewhere"), {mechanism}).server;
    EXPECT_EQ(step.state, Step::State::done) << mechanism << step.reason;
    EXPECT_EQ(step.user, "bob");
    EXPECT_EQ(meet(elsewhere, client_options("secret"), {mechanism}).server.state,
              Step::State::refused)
        << mechanism;
  }
  ClientOptions digest = client_options("elsewhere");
  digest.realm = "realm.test";
  EXPECT_EQ(meet(elsewhere, digest, {"DIGEST-MD5"}).server.state, Step::State::done);
}

TEST_F(Exchange, TakesTheIdentityOfTheCertificate) {
  ServerOptions server = server_options();
  server.tls_active = true;
  server.tls_bits = 256;
  server.external_id = "/O=Spec+20Org/CN=client.test";
  ClientOptions client;
  client.server = kHost;
  client.tls_active = true;
  client.tls_bits = 256;
  client.external_id = "/CN=whatever";
  const auto [step, asked] = meet(server, client, {"EXTERNAL"});
  EXPECT_EQ(step.state, Step::State::done) << step.reason << asked.reason;
  EXPECT_EQ(step.user, server.external_id);
  server.external_id.clear();
  EXPECT_EQ(meet(server, client, {"EXTERNAL"}).server.state, Step::State::no_mechanism);
}

TEST_F(Exchange, MayBeBrokenOffAnywhere) {
  const auto all = mechanisms();
  for (const auto& first : all) {
    for (const auto& second : all) {
      auto exchange = serve(server_options());
      (void)exchange->start(first, std::nullopt);
      exchange.reset();
      const auto step = meet(server_options(), client_options(), {second}).server;
      EXPECT_EQ(step.state, Step::State::done) << first << " then " << second;
    }
  }
}

TEST_F(Exchange, TakesNoAnswerTwice) {
  for (const std::string mechanism : {"CRAM-MD5", "DIGEST-MD5"}) {
    auto client = ClientExchange::make(*library_, client_options());
    ASSERT_TRUE(client);
    (void)(*client)->start({mechanism});
    const auto first = serve(server_options());
    const auto response = (*client)->step(first->start(mechanism, std::nullopt).bytes);
    ASSERT_TRUE(response.bytes);
    const auto second = serve(server_options());
    ASSERT_EQ(second->start(mechanism, std::nullopt).state, Step::State::challenge);
    EXPECT_EQ(second->step(*response.bytes).state, Step::State::refused) << mechanism;
  }
}

TEST_F(Exchange, RunsInManyThreadsAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 5;
  const auto all = mechanisms();
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, all, i] {
      const bool right = i % 2 == 0;
      for (int round = 0; round < kRounds; ++round) {
        for (const auto& mechanism : all) {
          const auto client = client_options(right ? "secret" : "wrong");
          const auto step = meet(server_options(), client, {mechanism}).server;
          EXPECT_EQ(step.state, right ? Step::State::done : Step::State::refused)
              << mechanism << step.reason;
        }
      }
    });
  }
}

}  // namespace
}  // namespace signet::sasl
