#include "conf/problems.h"

#include <fmt/format.h>

namespace signet::conf {
namespace {

constexpr std::size_t kMostErrors = 50;

}  // namespace

void Problems::error(std::string_view what) {
  if (!too_many()) errors_ += at.to_string() + ": " + std::string(what) + "\n";
  ++count_;
}

void Problems::refuse(std::string_view what) {
  if (purpose_ == Purpose::run) return error(what);
  if (what.ends_with('.')) what.remove_suffix(1);
  warn(fmt::format("{}; the daemon refuses it", what));
}

bool Problems::too_many() const { return count_ >= kMostErrors; }

std::optional<std::string> Problems::take_errors() {
  if (count_ == 0) return std::nullopt;
  if (too_many()) errors_ += "too many errors, the rest is not read\n";
  errors_.pop_back();
  return std::move(errors_);
}

}  // namespace signet::conf
