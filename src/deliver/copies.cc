#include "deliver/copies.h"

#include <algorithm>
#include <utility>

#include "signet/mail/address_list.h"

namespace signet::deliver {
namespace {

// A changed header in front of what follows it in the original. What is in memory is joined: it
// goes out without a worker.
class ChangedContent final : public queue::Content {
 public:
  ChangedContent(mail::ChangedHeader header, std::shared_ptr<const queue::Content> original)
      : header_(std::move(header)), original_(std::move(original)) {
    const auto here = original_->in_memory();
    joined_ = !here.empty();
    if (joined_) header_.text += here.substr(header_.replaced);
  }

  [[nodiscard]] std::uint64_t size() const override {
    if (joined_) return header_.text.size();
    return header_.text.size() + original_->size() - header_.replaced;
  }

  [[nodiscard]] Result<std::string> read(std::uint64_t offset, std::size_t most) const override {
    if (offset < header_.text.size()) {
      return header_.text.substr(static_cast<std::size_t>(offset), most);
    }
    if (joined_) return std::string();
    return original_->read(offset - header_.text.size() + header_.replaced, most);
  }

  [[nodiscard]] std::string_view in_memory() const override {
    return joined_ ? std::string_view(header_.text) : std::string_view();
  }

 private:
  mail::ChangedHeader header_;
  std::shared_ptr<const queue::Content> original_;
  bool joined_ = false;
};

}  // namespace

Result<std::shared_ptr<const Copy>> make_copy(const Options& options, const queue::Message& message,
                                              std::string_view head, policy::Way way) {
  std::optional<Error> failed;
  const auto ask = [&](std::string_view address,
                       policy::Usage usage) -> std::optional<std::string> {
    // Asked on even so: what a map that waits is to be asked is noted all at once.
    auto found = policy::rewrite_address(options.site, options.rewriting, address, usage);
    if (!found) {
      if (!failed) failed = std::move(found).error();
      return std::nullopt;
    }
    if (found->rule.empty()) return std::nullopt;
    return std::move(found->address);
  };
  auto copy = std::make_shared<Copy>();
  const auto& sender = message.envelope.sender;
  copy->sender = ask(sender, {policy::Role::sender, policy::Place::envelope, way}).value_or(sender);
  auto header = mail::change_header(head, [&](mail::AddressField field, std::string_view address) {
    const auto role =
        field == mail::AddressField::sender ? policy::Role::sender : policy::Role::recipient;
    return ask(address, {role, policy::Place::header, way});
  });
  if (failed) return std::unexpected(std::move(*failed));
  copy->content = message.content;
  if (header) {
    copy->content = std::make_shared<ChangedContent>(std::move(*header), message.content);
  }
  return copy;
}

}  // namespace signet::deliver
