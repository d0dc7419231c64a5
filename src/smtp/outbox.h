// Effects of a session in order, and the replies that collect until they are worth a write.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace signet::smtp {

// `Effect` is a variant with `Send{bytes}` among its alternatives.
template <class Effect, class Send>
class Outbox final {
 public:
  void say(std::string_view bytes) { text_ += bytes; }
  void push(Effect effect) { effects_.push_back(std::move(effect)); }
  // For effects that must not overtake what was said before: TLS, closing.
  void push_behind_text(Effect effect) {
    flush();
    push(std::move(effect));
  }
  // So much was said that it is sent before anything more is answered.
  [[nodiscard]] bool full() const { return text_.size() >= kMaxText; }
  // `hold`: more input is at hand that may add to the text.
  std::optional<Effect> take(bool hold) {
    if (effects_.empty() && (!hold || full())) flush();
    if (effects_.empty()) return std::nullopt;
    auto effect = std::move(effects_.front());
    effects_.pop_front();
    return effect;
  }

 private:
  static constexpr std::size_t kMaxText = 16 * 1024;

  void flush() {
    if (!text_.empty()) effects_.push_back(Send{std::exchange(text_, {})});
  }
  std::deque<Effect> effects_;
  std::string text_;
};

}  // namespace signet::smtp
