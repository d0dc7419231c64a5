// A receiving server for tests: real sockets on loopback, a real log, everything else at hand.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "signet/net/listener.h"
#include "signet/receive/receiver.h"
#include "support/fake_resolver.h"
#include "support/fake_table.h"
#include "support/log_file.h"
#include "support/memory_spool.h"
#include "support/test_pki.h"
#include "unit/receive/caller.h"

namespace signet::receive {

class ReceiverTest : public ::testing::Test {
 protected:
  ReceiverTest() {
    options.host = "mx.spec.test";
    options.version = "1/1";
    options.site.host = options.host;
    options.site.local_domains = {"mx.spec.test"};
    options.access_map = access;
    options.virtusertable = virtusertable;
    options.greeting = [](const mail::PeerFacts&, WallTime) {
      return std::string("mx.spec.test ESMTP test");
    };
    options.is_local_user = [](std::string_view user) { return user == "u" || user == "v"; };
    session.host = options.host;
    port.name = "MTA";
    resolver.add_address("client.good.test", "127.0.0.1");
    resolver.add_name("127.0.0.1", "client.good.test");
    resolver.add_mx("sender.test", 10, "mx.sender.test");
  }
  ~ReceiverTest() override {
    acceptor.reset();
    receiver.reset();
  }

  // Once options are as the test wants them.
  void open() {
    receiver = std::make_unique<Receiver>(
        Surroundings{.loop = loop,
                     .workers = workers,
                     .auth_workers = auth_workers,
                     .resolver = resolver,
                     .spool = spool,
                     .log = log.log(),
                     .ids = ids,
                     .sasl = sasl.get(),
                     .clients = clients},
        [this](queue::Committed committed) { taken.push_back(committed.message()); });
    auto listening = net::open_listener({.address = {*IpAddress::parse("127.0.0.1"), 0}});
    ASSERT_TRUE(listening.has_value());
    address = *net::bound_address(listening->get());
    port.session = std::make_shared<const smtp::ServerOptions>(session);
    auto shared_options = std::make_shared<const Options>(options);
    auto shared_port = std::make_shared<const Port>(port);
    acceptor = std::make_unique<net::Acceptor>(
        loop, std::move(*listening),
        [this, shared_options, shared_port](Fd socket, const SocketAddress& remote,
                                            const SocketAddress& local) {
          receiver->accept(std::move(socket), remote, local, shared_options, shared_port);
        });
  }
  // A client that has been greeted.
  std::unique_ptr<Caller> call() {
    if (!acceptor) open();
    auto caller = std::make_unique<Caller>(loop, address, client_address);
    EXPECT_EQ(caller->hear().substr(0, 4), "220 ");
    return caller;
  }
  // What MAIL hears of a client that was refused at the greeting.
  std::string call_refused() {
    if (!acceptor) open();
    Caller caller(loop, address, client_address);
    caller.hear();
    return caller.ask("MAIL FROM:<a@sender.test>");
  }
  std::unique_ptr<Caller> call_and_greet() {
    auto caller = call();
    caller->ask("EHLO c.test");
    return caller;
  }
  // From MAIL to the reply to the final dot.
  static std::string send(Caller& caller, std::string_view to = "u@mx.spec.test",
                          std::string_view content = "Subject: x\r\n\r\nhello\r\n") {
    if (auto said = caller.ask("MAIL FROM:<a@sender.test>"); said[0] != '2') return said;
    if (auto said = caller.ask("RCPT TO:<" + std::string(to) + ">"); said[0] != '2') return said;
    if (auto said = caller.ask("DATA"); said[0] != '3') return said;
    return caller.ask(std::string(content) + ".");
  }
  bool wait_for_sessions(std::size_t count) {
    return test::run_until(loop, [&] { return receiver->size() == count; });
  }
  void use_tls(bool ask_for_certificate = true) {
    const auto files = pki.issue({.subject = {{"CN", "mx.spec.test"}}});
    tls::Options wanted;
    wanted.role = tls::Role::server;
    wanted.key_pairs = {{files.certificate_file, files.key_file}};
    wanted.ca_file = pki.ca_file();
    wanted.request_certificate = ask_for_certificate;
    wanted.files.trust_sticky_bit = true;
    port.tls = tls::make_context(wanted).context;
    ASSERT_TRUE(port.tls);
    session.offer_starttls = true;
  }
  std::shared_ptr<const tls::Context> client_tls(
      const std::optional<test::CertificateFiles>& files = std::nullopt) {
    tls::Options wanted;
    wanted.role = tls::Role::client;
    wanted.ca_file = pki.ca_file();
    wanted.files.trust_sticky_bit = true;
    if (files) wanted.key_pairs = {{files->certificate_file, files->key_file}};
    return tls::make_context(wanted).context;
  }

  loop::Loop loop;
  test::FakeResolver resolver{loop};
  test::MemorySpool spool;
  test::LogFile log;
  test::TestPki pki;
  mail::QueueIds ids{42, 0};
  ClientCounts clients;
  std::shared_ptr<test::FakeTable> access = std::make_shared<test::FakeTable>();
  std::shared_ptr<test::FakeTable> virtusertable = std::make_shared<test::FakeTable>();
  std::unique_ptr<sasl::Library> sasl;
  Options options;
  smtp::ServerOptions session;
  Port port;
  std::string client_address = "127.0.0.1";
  std::vector<std::shared_ptr<queue::Message>> taken;
  SocketAddress address;
  std::unique_ptr<Receiver> receiver;
  std::unique_ptr<net::Acceptor> acceptor;
  loop::Workers workers{2};  // these end first: they post to the loop
  loop::Workers auth_workers{2};
};

}  // namespace signet::receive
