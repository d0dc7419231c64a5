#include "signet/agent/client.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "agent/wire.h"
#include "queue/content.h"
#include "signet/agent/agent.h"
#include "signet/base/fd.h"
#include "support/loop_runner.h"
#include "support/temporary_directory.h"

namespace signet::agent {
namespace {

using Kind = mail::Recipient::Kind;

// An agent whose letters for "slow" are answered when it ends, all others at once.
class SlowAgent final {
 public:
  explicit SlowAgent(const std::string& path) {
    auto socket = listen_for_letters(path);
    if (!socket) throw std::runtime_error(socket.error().what);
    socket_ = std::move(*socket);
    fcntl(socket_.get(), F_SETFL, 0);
    thread_ = std::jthread([this] { serve(); });
  }
  ~SlowAgent() {
    shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }
  SlowAgent(const SlowAgent&) = delete;
  SlowAgent& operator=(const SlowAgent&) = delete;

 private:
  void serve() {
    std::vector<Fd> kept;
    while (true) {
      Fd caller(accept(socket_.get(), nullptr, nullptr));
      if (!caller.valid()) return;
      const auto head = receive_head(caller.get());
      if (!head) continue;
      for (auto piece = receive_piece(caller.get()); piece && !piece->empty();) {
        piece = receive_piece(caller.get());
      }
      if (head->user.starts_with("slow")) {
        kept.push_back(std::move(caller));
      } else {
        (void)send_answer(caller.get(), {.delivered = true, .temporary = false, .status = "2.0.0"});
      }
    }
  }

  Fd socket_;
  std::jthread thread_;
};

class ClientTest : public testing::Test {
 protected:
  void open(MailboxWriter writer) {
    client_.emplace(loop_, LetterWorkers{.files = *files_, .programs = *programs_}, path_, writer);
    agent_ = std::make_unique<SlowAgent>(path_);
  }
  ~ClientTest() override {
    client_->stop();
    agent_.reset();
    files_.reset();
    programs_.reset();
  }

  void send(Kind kind, const std::string& user, const std::string& mailer = {}) {
    deliver::LocalLetter letter{.kind = kind, .user = user};
    if (kind == Kind::file) letter.target = "/file";
    letter.mailer = mailer;
    letter.content = std::make_shared<queue::MemoryContent>("", budget_);
    client_->deliver(std::move(letter), [this, user](const deliver::LocalResult& result) {
      if (result.delivered) delivered_.push_back(user);
    });
  }
  bool gets_its_letter(const std::string& user) {
    return test::run_until(loop_, [&] { return !delivered_.empty() && delivered_.back() == user; });
  }

  const test::TemporaryDirectory folder_;
  const std::string path_ = folder_ / "agent";
  const std::shared_ptr<queue::MemoryBudget> budget_ = std::make_shared<queue::MemoryBudget>(1024);
  std::unique_ptr<loop::Workers> files_ = std::make_unique<loop::Workers>(1);
  std::unique_ptr<loop::Workers> programs_ = std::make_unique<loop::Workers>(2);
  loop::Loop loop_;
  std::optional<Client> client_;
  std::unique_ptr<SlowAgent> agent_;
  std::vector<std::string> delivered_;
};

TEST_F(ClientTest, ProgramThatFillsAMailboxHoldsUpNoOthers) {
  open(MailboxWriter::program);
  // One user with two details, who go ways of their own but share what is his.
  send(Kind::address, "slow+a");
  send(Kind::mailbox, "Slow+b");
  send(Kind::file, "bob");
  EXPECT_TRUE(gets_its_letter("bob"));
  send(Kind::address, "carol");
  EXPECT_TRUE(gets_its_letter("carol"));
}

// Whoever its recipients are: mailboxes and other mailers have theirs.
TEST_F(ClientTest, MailerThatIsAProgramHoldsUpNoOthers) {
  open(MailboxWriter::agent);
  for (const auto* user : {"slow@a.test", "slow@b.test", "slow@c.test", "slow@d.test"}) {
    send(Kind::address, user, "procmail");
  }
  send(Kind::address, "bob");
  EXPECT_TRUE(gets_its_letter("bob"));
  send(Kind::address, "carol@a.test", "fax");
  EXPECT_TRUE(gets_its_letter("carol@a.test"));
}

TEST_F(ClientTest, UserOfAMailerHoldsUpNoOthersOfIt) {
  programs_ = std::make_unique<loop::Workers>(8);  // two of them for one mailer
  open(MailboxWriter::agent);
  for (const auto* user : {"slow+a", "slow+b", "slow+c"}) send(Kind::address, user, "cyrus");
  send(Kind::address, "bob", "cyrus");
  EXPECT_TRUE(gets_its_letter("bob"));
}

TEST_F(ClientTest, MailboxesThatAreFilesHoldUpNoPrograms) {
  open(MailboxWriter::agent);
  send(Kind::mailbox, "slow");
  send(Kind::program, "bob");
  EXPECT_TRUE(gets_its_letter("bob"));
}

}  // namespace
}  // namespace signet::agent
