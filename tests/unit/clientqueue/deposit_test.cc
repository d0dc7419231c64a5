#include "signet/clientqueue/deposit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace signet::clientqueue {
namespace {

const WallTime kNow{std::chrono::seconds(1795697241)};
constexpr const char* kId = "6AQ00000000003";

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

Waiting message_of(std::uint64_t size) {
  Waiting message;
  message.id = kId;
  message.user = "root";
  message.sender = "joe@us.test";
  message.recipients = {"a@x.test"};
  message.tries = 7;
  message.size = size;
  message.status = "Connection refused";
  return message;
}

class DepositTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/signet-client-XXXXXX";
    folder_ = mkdtemp(name.data());
    auto queue = ClientQueue::open(folder_, std::nullopt);
    ASSERT_TRUE(queue.has_value());
    queue_.emplace(std::move(*queue));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Fd file_with(std::string_view text) {
    std::string name = "/tmp/signet-input-XXXXXX";
    Fd file(mkstemp(name.data()));
    EXPECT_TRUE(write_all(file.get(), text, name).has_value());
    EXPECT_EQ(lseek(file.get(), 0, SEEK_SET), 0);
    unlink(name.c_str());
    return file;
  }
  Result<void> take(std::string_view text, const std::string& id = kId) {
    return take_deposit(file_with(text).get(), *queue_, id, {.user = "joe", .now = kNow});
  }
  [[nodiscard]] bool is_empty() const { return std::filesystem::is_empty(folder_); }

  std::string folder_;
  std::optional<ClientQueue> queue_;
};

TEST_F(DepositTest, KeepsTheMessageAndBelievesNotWhoHandsItIn) {
  const std::string content(200000, 'x');
  const auto taken = take(to_text(message_of(content.size())) + content);
  ASSERT_TRUE(taken.has_value()) << taken.error().what;
  const auto kept = queue_->read(kId);
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->user, "joe");
  EXPECT_EQ(kept->arrived, kNow);
  EXPECT_EQ(kept->last_try, kNow);
  EXPECT_EQ(kept->tries, 1U);
  EXPECT_EQ(kept->sender, "joe@us.test");
  EXPECT_EQ(kept->status, "Connection refused");
  EXPECT_EQ(text_of(folder_ + "/df" + kId), content);
}

TEST_F(DepositTest, LeavesNothingOfWhatIsCutOff) {
  const std::string whole = to_text(message_of(4)) + "text";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(take(std::string_view(whole).substr(0, length)).has_value()) << length;
  }
  EXPECT_FALSE(take(whole + "more").has_value());
  EXPECT_TRUE(is_empty());
  EXPECT_TRUE(take(whole).has_value());
}

TEST_F(DepositTest, TakesNoStrangeIdAndNoneThatIsThere) {
  const std::string whole = to_text(message_of(4)) + "text";
  for (const auto* id : {"", "../x", "a/b", "x y", "abcdefghijklmnopqrstuvwxyz0123456789"}) {
    EXPECT_FALSE(take(whole, id).has_value()) << id;
  }
  EXPECT_TRUE(is_empty());
  ASSERT_TRUE(take(whole).has_value());
  EXPECT_FALSE(take(whole).has_value());
  EXPECT_TRUE(queue_->read(kId).has_value()) << "the first one stays";
  std::ofstream(folder_ + "/qf6AQ00000000009") << "somebody's\n";
  EXPECT_FALSE(take(whole, "6AQ00000000009").has_value());
  EXPECT_EQ(text_of(folder_ + "/qf6AQ00000000009"), "somebody's\n");
}

TEST_F(DepositTest, OptionsOfDsnAreWords) {
  auto message = message_of(4);
  message.envelope_id = "e1 AUTH=<root>";
  EXPECT_FALSE(take(to_text(message) + "text").has_value());
  message.envelope_id = "e1";
  message.notify.never = true;
  for (const auto* bad : {"NEVER,DELAY", "NEVER\t", "NEVER AUTH=<root>"}) {
    auto text = to_text(message);
    text.replace(text.find("NEVER"), 5, bad);
    EXPECT_FALSE(take(text + "text").has_value()) << bad;
  }
  EXPECT_TRUE(is_empty());
}

TEST_F(DepositTest, GoesThroughAProgram) {
  signal(SIGPIPE, SIG_IGN);
  const std::string script = folder_ + "/program";
  std::ofstream(script) << "#!/bin/sh\necho \"$1 $2\" > " << folder_ << "/got\nexec cat >> "
                        << folder_ << "/got\n";
  ASSERT_EQ(chmod(script.c_str(), 0700), 0);
  const std::string content(300000, 'y');
  const auto message = message_of(content.size());
  ASSERT_TRUE(deposit(script, "/the/folder", message, file_with(content)).has_value());
  EXPECT_EQ(text_of(folder_ + "/got"),
            std::string("/the/folder ") + kId + "\n" + to_text(message) + content);
  std::ofstream(script) << "#!/bin/sh\nexit 75\n";
  EXPECT_FALSE(deposit(script, "/the/folder", message, file_with(content)).has_value());
  EXPECT_FALSE(deposit(script + "x", "/the/folder", message, file_with(content)).has_value());
}

}  // namespace
}  // namespace signet::clientqueue
