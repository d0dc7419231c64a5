#include "signet/table/no_waiting.h"

#include <utility>

#include "signet/base/check.h"

namespace signet::table {
namespace {

thread_local NoWaiting* of_this_thread = nullptr;

}  // namespace

NoWaiting::NoWaiting() {
  SIGNET_CHECK(of_this_thread == nullptr);
  of_this_thread = this;
}

NoWaiting::~NoWaiting() { of_this_thread = nullptr; }

NoWaiting* NoWaiting::here() { return of_this_thread; }

void NoWaiting::note(const Table& table, std::string_view key) {
  if (noted_.size() < kMostNoted) noted_.push_back({&table, std::string(key)});
}

std::vector<Question> NoWaiting::take() { return std::exchange(noted_, {}); }

}  // namespace signet::table
