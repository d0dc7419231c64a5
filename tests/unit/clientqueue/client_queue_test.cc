#include "signet/clientqueue/client_queue.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace signet::clientqueue {
namespace {

Waiting sample_message() {
  Waiting message;
  message.id = "6AQ00000000001";
  message.user = "joe";
  message.sender = "joe@us.test";
  message.recipients = {"a@x.test", "b@y.test"};
  message.arrived = WallTime(std::chrono::seconds(1795697241));
  message.last_try = WallTime(std::chrono::seconds(1795697242));
  message.tries = 3;
  message.size = 12;
  message.body = mail::Body::eight_bit_mime;
  message.envelope_id = "e1";
  message.return_part = mail::ReturnPart::headers;
  message.notify.never = true;
  message.status = "450 4.2.1 later";
  return message;
}

TEST(WaitingText, GoesThereAndBack) {
  const auto message = sample_message();
  auto back = waiting_from_text(to_text(message));
  ASSERT_TRUE(back.has_value());
  back->id = message.id;
  EXPECT_EQ(*back, message);
}

TEST(WaitingText, CutAnywhereIsRefused) {
  const std::string text = to_text(sample_message());
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(waiting_from_text(std::string_view(text).substr(0, length)).has_value()) << length;
  }
}

TEST(WaitingText, IsRefusedWhereAnAddressIsNone) {
  const std::string text = to_text(sample_message());
  for (const auto& [good, bad] : {std::pair{"to a@x.test\n", "to \n"},
                                  {"to a@x.test\n", "to\n"},
                                  {"<joe@us.test>", "joe@us.test>"},
                                  {"<joe@us.test>", "<joe@us.test"}}) {
    std::string changed = text;
    changed.replace(changed.find(good), std::string_view(good).size(), bad);
    EXPECT_FALSE(waiting_from_text(changed).has_value()) << bad;
  }
}

TEST(WaitingText, LetsNoValueMakeALine) {
  auto message = sample_message();
  message.status = "x\nto evil@x.test";
  message.sender = "a@x.test>\nto evil@x.test";
  EXPECT_EQ(waiting_from_text(to_text(message))->recipients.size(), 2U);
}

class ClientQueueTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/signet-client-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(ClientQueueTest, KeepsAMessageUntilItIsRemoved) {
  const auto queue = ClientQueue::open(folder_, std::nullopt);
  ASSERT_TRUE(queue.has_value());
  const auto message = sample_message();
  {
    const auto content = queue->create(message.id);
    ASSERT_TRUE(content.has_value());
    EXPECT_TRUE(queue->ids()->empty());
    ASSERT_TRUE(queue->commit(message, *content).has_value());
    EXPECT_EQ(*queue->ids(), std::vector{message.id});
    EXPECT_FALSE(queue->take(message.id)->has_value()) << "it is still ours";
  }
  EXPECT_EQ(*queue->read(message.id), message);
  EXPECT_TRUE(queue->take(message.id)->has_value());
  EXPECT_TRUE(queue->remove(message.id).has_value());
  EXPECT_TRUE(queue->ids()->empty());
  EXPECT_FALSE(queue->take(message.id)->has_value());
}

TEST_F(ClientQueueTest, ClearsWhatWasNeverFinishedAfterADay) {
  const auto queue = ClientQueue::open(folder_, std::nullopt);
  { const auto content = queue->create("6AQ00000000002"); }
  const WallTime now =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  queue->clear_leftovers(now);
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/df6AQ00000000002"));
  queue->clear_leftovers(now + std::chrono::hours(25));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/df6AQ00000000002"));
}

TEST_F(ClientQueueTest, LeavesWhatSendmailHolds) {
  const auto queue = ClientQueue::open(folder_, std::nullopt);
  for (const auto* name : {"/df1", "/hf1", "/df2", "/Qf2"}) std::ofstream(folder_ + name) << "x";
  const WallTime now =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  queue->clear_leftovers(now + std::chrono::hours(25));
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/df1"));
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/df2"));
}

TEST_F(ClientQueueTest, RefusesAFolderThatEverybodyMayWrite) {
  ASSERT_EQ(chmod(folder_.c_str(), 0777), 0);
  EXPECT_FALSE(ClientQueue::open(folder_, std::nullopt).has_value());
}

TEST_F(ClientQueueTest, FollowsNoLinkAndNoStrangeName) {
  const auto queue = ClientQueue::open(folder_, std::nullopt);
  std::ofstream(folder_ + "/secret") << "x";
  std::filesystem::create_symlink(folder_ + "/secret", folder_ + "/df1");
  EXPECT_FALSE(queue->create("1").has_value());
  EXPECT_FALSE(queue->take("1").has_value());
  EXPECT_FALSE(queue->read("../secret").has_value());
}

}  // namespace
}  // namespace signet::clientqueue
