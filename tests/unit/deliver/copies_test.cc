#include "deliver/copies.h"

#include <gtest/gtest.h>

#include "support/fake_table.h"

namespace signet::deliver {
namespace {

// Content in memory, or as if it were on disk.
class HeldContent final : public queue::Content {
 public:
  HeldContent(std::string text, bool on_disk) : text_(std::move(text)), on_disk_(on_disk) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  [[nodiscard]] Result<std::string> read(std::uint64_t offset, std::size_t most) const override {
    return text_.substr(static_cast<std::size_t>(offset), most);
  }
  [[nodiscard]] std::string_view in_memory() const override {
    return on_disk_ ? std::string_view() : std::string_view(text_);
  }

 private:
  std::string text_;
  bool on_disk_;
};

constexpr std::string_view kMessage = "From: x\r\nTo: y@far.test\r\n\r\nFrom: x\r\n";

queue::Message message_of(bool on_disk) {
  queue::Message message;
  message.envelope.sender = "x@us.test";
  message.content = std::make_shared<HeldContent>(std::string(kMessage), on_disk);
  return message;
}

// As a reader with small pieces gets it.
std::string read_all(const queue::Content& content) {
  std::string all;
  while (all.size() < content.size()) {
    const auto piece = content.read(all.size(), 5);
    if (!piece || piece->empty()) return "cut short";
    all += *piece;
  }
  return all;
}

TEST(Copies, ShowEachWayItsHeaderAndSender) {
  Options options;
  options.site.host = "us.test";
  options.site.local_domains = {"us.test"};
  options.rewriting.masquerade = "shown.test";
  options.rewriting.envelope = true;
  const std::string want = "From: x@shown.test\r\nTo: y@far.test\r\n\r\nFrom: x\r\n";
  for (const bool on_disk : {false, true}) {
    const auto message = message_of(on_disk);
    const auto far = make_copy(options, message, kMessage, policy::Way::smtp);
    ASSERT_TRUE(far);
    EXPECT_EQ((*far)->sender, "x@shown.test");
    EXPECT_EQ((*far)->content->size(), want.size());
    EXPECT_EQ(read_all(*(*far)->content), want) << on_disk;
    EXPECT_EQ((*far)->content->in_memory(), on_disk ? "" : want);
    // A bare user stays one in a mailbox: the content is the message's own.
    const auto near = make_copy(options, message, kMessage, policy::Way::local);
    ASSERT_TRUE(near);
    EXPECT_EQ((*near)->content, message.content);
  }
}

TEST(Copies, AreNotMadeWhileAMapFails) {
  Options options;
  options.site.host = "us.test";
  const auto generics = std::make_shared<test::FakeTable>();
  generics->fail();
  options.rewriting.generics = generics;
  const auto copy = make_copy(options, message_of(false), kMessage, policy::Way::smtp);
  ASSERT_FALSE(copy);
  EXPECT_EQ(copy.error().kind, ErrorKind::temporary);
}

}  // namespace
}  // namespace signet::deliver
