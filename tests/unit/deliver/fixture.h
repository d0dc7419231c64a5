// A courier for tests: scripted servers on loopback addresses, names from a fake resolver, a spool
// in memory, a real log.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "signet/deliver/courier.h"
#include "support/fake_resolver.h"
#include "support/fake_table.h"
#include "support/log_file.h"
#include "support/loop_runner.h"
#include "support/memory_spool.h"
#include "support/test_pki.h"
#include "unit/deliver/scripted_server.h"

namespace signet::deliver {

class FakeAgent final : public LocalAgent {
 public:
  explicit FakeAgent(loop::Loop& loop) : loop_(loop) {}
  void deliver(LocalLetter letter, std::move_only_function<void(LocalResult)> answer) override {
    if (on_letter) on_letter(letter);
    const auto at = results.find(letter.target.empty() ? letter.user : letter.target);
    auto result = at == results.end() ? LocalResult{true, false, "2.0.0", ""} : at->second;
    const bool answers = letter.user != silent;
    letters.push_back(std::move(letter));
    if (!answers) return unanswered_.push_back(std::move(answer));
    loop_.post([result = std::move(result), answer = std::move(answer)]() mutable {
      answer(std::move(result));
    });
  }
  std::map<std::string, LocalResult> results;  // of users and targets; others are delivered
  std::function<void(const LocalLetter&)> on_letter;
  std::vector<LocalLetter> letters;
  std::string silent = "-";  // the user of whom nothing is heard

 private:
  loop::Loop& loop_;
  std::vector<std::move_only_function<void(LocalResult)>> unanswered_;
};

class CourierTest : public ::testing::Test {
 protected:
  CourierTest() {
    options.host = "mx.spec.test";
    options.version = "1/1";
    options.site.host = options.host;
    options.site.local_domains = {"mx.spec.test"};
    options.access_map = access;
    options.auth_mechanisms = {"PLAIN", "LOGIN"};
    session.helo_name = options.host;
    options.retry.warn = std::chrono::hours(4);
  }
  ~CourierTest() override { courier.reset(); }

  // A server behind "mxN.dest.test", which is 127.0.3.N; all use one port.
  ScriptedServer& server(int number) {
    const std::string ip = "127.0.3." + std::to_string(number);
    servers.push_back(
        std::make_unique<ScriptedServer>(loop, ip, options.port == 25 ? 0 : options.port));
    options.port = servers.back()->address.port;
    name(number);
    return *servers.back();
  }
  void name(int number) {
    resolver.add_address("mx" + std::to_string(number) + ".dest.test",
                         "127.0.3." + std::to_string(number));
  }
  void mx(std::string_view domain, std::initializer_list<int> numbers) {
    std::uint16_t preference = 10;
    for (const int number : numbers) {
      resolver.add_mx(domain, preference, "mx" + std::to_string(number) + ".dest.test");
      preference = static_cast<std::uint16_t>(preference + 10);
    }
  }
  std::shared_ptr<const Options> made_options() {
    options.session = std::make_shared<const smtp::ClientOptions>(session);
    return std::make_shared<const Options>(options);
  }
  void open() {
    courier = std::make_unique<Courier>(Surroundings{.loop = loop,
                                                     .workers = workers,
                                                     .resolver = resolver,
                                                     .spool = spool,
                                                     .log = log.log(),
                                                     .ids = ids,
                                                     .sasl = sasl.get(),
                                                     .agent = agent},
                                        made_options(), 1);
  }
  mail::Envelope envelope(std::vector<std::string> to, std::string from = "a@sender.test",
                          std::chrono::seconds age = std::chrono::seconds(0)) {
    mail::Envelope made;
    made.id = ids.next(read_clocks().wall);
    made.sender = std::move(from);
    for (auto& one : to) made.recipients.push_back({std::move(one)});
    made.arrived = read_clocks().wall - age;
    made.size = 15;
    made.peer = "client.good.test [127.0.2.10]";
    return made;
  }
  // Accepted just now; gives its queue id.
  std::string submit_envelope(mail::Envelope made,
                              std::string content = "Subject: x\r\n\r\nhello\r\n") {
    if (!courier) open();
    const std::string id = made.id;
    auto draft = spool.begin(loop);
    draft->append(content);
    spool.commit(std::move(draft), std::move(made), {}, [this](Result<queue::Committed> committed) {
      if (committed && courier) courier->take(std::move(*committed));
    });
    return id;
  }
  std::string submit(std::vector<std::string> to, std::string from = "a@sender.test") {
    return submit_envelope(envelope(std::move(to), std::move(from)));
  }
  bool wait_for(const std::function<bool()>& done) { return test::run_until(loop, done); }
  bool wait_for_line(std::initializer_list<std::string_view> parts) {
    return wait_for([&] { return !log.line_with(parts).empty(); });
  }
  bool wait_until_spool_has(std::size_t messages) {
    return wait_for([&] { return spool.messages().size() == messages; });
  }
  // Of the first recorded attempt that left something undone.
  bool wait_for_progress(std::size_t count = 1) {
    return wait_for([&] { return spool.progress().size() >= count; });
  }
  // Content of the newest message to `to` in the spool.
  std::string report_to(std::string_view to) {
    std::string found;
    for (const auto& message : spool.messages()) {
      if (message.envelope.sender.empty() && message.envelope.recipients.front().address == to) {
        found = spool.content(message.key);
      }
    }
    return found;
  }
  std::shared_ptr<const tls::Context> server_tls(test::TestPki& authority,
                                                 std::string_view host = "mx1.dest.test") {
    const auto files = authority.issue({.subject = {{"CN", std::string(host)}}});
    tls::Options wanted;
    wanted.role = tls::Role::server;
    wanted.key_pairs = {{files.certificate_file, files.key_file}};
    wanted.ca_file = authority.ca_file();
    wanted.files.trust_sticky_bit = true;
    return tls::make_context(wanted).context;
  }
  void use_tls() {
    tls::Options wanted;
    wanted.role = tls::Role::client;
    wanted.ca_file = pki.ca_file();
    wanted.files.trust_sticky_bit = true;
    options.tls = tls::make_context(wanted).context;
    ASSERT_TRUE(options.tls);
  }

  loop::Loop loop;
  test::FakeResolver resolver{loop};
  test::MemorySpool spool;
  test::LogFile log;
  test::TestPki pki;
  mail::QueueIds ids{42, 0};
  FakeAgent agent{loop};
  std::shared_ptr<test::FakeTable> access = std::make_shared<test::FakeTable>();
  std::unique_ptr<sasl::Library> sasl;
  Options options;
  smtp::ClientOptions session;
  std::deque<std::unique_ptr<ScriptedServer>> servers;
  std::unique_ptr<Courier> courier;
  loop::Workers workers{2};  // ends first: it posts to the loop
};

}  // namespace signet::deliver
