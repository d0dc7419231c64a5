// Cyrus SASL with a sasldb of our own: two users, every mechanism that has a plugin here.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "signet/sasl/client.h"
#include "signet/sasl/library.h"
#include "signet/sasl/server.h"
#include "support/temporary_directory.h"

namespace signet::sasl {

inline constexpr const char* kSaslPasswd = "/usr/sbin/saslpasswd2";
inline constexpr const char* kHost = "mx.test";

class Site : public testing::Test {
 protected:
  void SetUp() override {
    if (access(kSaslPasswd, X_OK) != 0) {
      GTEST_SKIP() << kSaslPasswd << " is missing (package sasl2-bin): AUTH IS NOT TESTED";
    }
    configure(folder_ / "sasldb2");
    add_user("bob", "secret", kHost);
    add_user("eve", "other", kHost);
    add_user("bob", "elsewhere", "realm.test");
    open();
  }
  void configure(const std::string& database) const {
    folder_.write(
        "Sendmail.conf",
        "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: " + database + "\n");
  }
  void open() {
    library_.reset();
    auto opened = Library::open({.application = "Sendmail", .conf_dir = folder_.path().string()});
    ASSERT_TRUE(opened) << opened.error().what;
    library_ = std::move(*opened);
  }
  void add_user(const std::string& user, const std::string& password,
                const std::string& realm) const {
    const std::string command = std::string(kSaslPasswd) + " -c -p -f " + (folder_ / "sasldb2") +
                                " -u " + realm + " " + user;
    FILE* pipe = popen(command.c_str(), "w");
    ASSERT_NE(pipe, nullptr);
    (void)fwrite(password.data(), 1, password.size(), pipe);
    ASSERT_EQ(pclose(pipe), 0) << command;
  }
  static ServerOptions server_options() {
    ServerOptions options;
    options.host = kHost;
    options.mechanisms = {"EXTERNAL", "SCRAM-SHA-256", "SCRAM-SHA-1", "DIGEST-MD5",
                          "CRAM-MD5", "PLAIN",         "LOGIN"};
    options.local_address = "127.0.0.1;587";
    options.remote_address = "127.0.0.1;40000";
    return options;
  }
  static ClientOptions client_options(const std::string& password = "secret") {
    ClientOptions options;
    options.server = kHost;
    options.authid = "bob";
    options.password = Secret(password);
    return options;
  }
  [[nodiscard]] std::unique_ptr<ServerExchange> serve(const ServerOptions& options) {
    auto made = ServerExchange::make(*library_, options);
    EXPECT_TRUE(made) << made.error().what;
    return made ? std::move(*made) : nullptr;
  }
  // One step, or two: start, and what follows a challenge.
  Step say(const std::string& mechanism, std::optional<std::string_view> initial,
           const std::vector<std::string>& responses = {}) {
    return say(server_options(), mechanism, initial, responses);
  }
  Step say(const ServerOptions& options, const std::string& mechanism,
           std::optional<std::string_view> initial,
           const std::vector<std::string>& responses = {}) {
    const auto exchange = serve(options);
    Step step = exchange->start(mechanism, initial);
    for (const auto& response : responses) {
      if (step.state != Step::State::challenge) break;
      step = exchange->step(response);
    }
    return step;
  }

  struct Outcome {
    Step server;
    ClientStep client;
  };
  // Our client against our server, as SMTP carries it.
  Outcome meet(const ServerOptions& server, const ClientOptions& client,
               const std::vector<std::string>& mechanisms) {
    Outcome outcome;
    auto made = ClientExchange::make(*library_, client);
    EXPECT_TRUE(made) << made.error().what;
    if (!made) return outcome;
    outcome.client = (*made)->start(mechanisms);
    if (outcome.client.state == ClientStep::State::failed) return outcome;
    const std::string mechanism = outcome.client.mechanism;
    const auto exchange = serve(server);
    std::optional<std::string_view> initial;
    if (outcome.client.bytes) initial = *outcome.client.bytes;
    outcome.server = exchange->start(mechanism, initial);
    while (outcome.server.state == Step::State::challenge) {
      outcome.client = (*made)->step(outcome.server.bytes);
      outcome.client.mechanism = mechanism;
      if (outcome.client.state == ClientStep::State::failed) break;
      outcome.server = exchange->step(*outcome.client.bytes);
    }
    return outcome;
  }

  test::TemporaryDirectory folder_;
  std::unique_ptr<Library> library_;
};

}  // namespace signet::sasl
