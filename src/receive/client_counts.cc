#include "signet/receive/client_counts.h"

#include <algorithm>

namespace signet::receive {
namespace {

constexpr std::int64_t kLongestTurn = 30;    // seconds
constexpr std::size_t kMostAbsent = 100000;  // addresses remembered without a connection

}  // namespace

std::optional<ClientCounts::Share> ClientCounts::share(std::atomic<std::size_t>& taken,
                                                       std::size_t count, std::size_t most) {
  Share mine(taken, count);
  if ((taken += count) > most && most != 0) return std::nullopt;
  return mine;
}

std::optional<Duration> ClientCounts::turn(std::size_t most, TimePoint now) {
  if (most == 0) return Duration(0);
  const auto whole = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  return turns_.with([&](Turns& turns) -> std::optional<Duration> {
    if (turns.second < whole.count()) turns = {whole.count(), 0};
    const auto next = turns.begun < most ? turns.second : turns.second + 1;
    if (next - whole.count() > kLongestTurn) return std::nullopt;
    if (next != turns.second) turns = {next, 0};
    ++turns.begun;
    const auto start = TimePoint(std::chrono::seconds(next));
    return std::max<Duration>(start - now, Duration(0));
  });
}

ClientCounts::Refusing ClientCounts::refuse(TimePoint now, Duration interval) {
  return refusals_.with([&](Refusals& refusals) -> Refusing {
    if (!refusals.since) {
      refusals = {now, now};
      return {.begins = true, .lasted = std::nullopt};
    }
    if (now - refusals.told < interval) return {};
    refusals.told = now;
    return {.begins = false, .lasted = now - *refusals.since};
  });
}

void ClientCounts::let_in() {
  refusals_.with([](Refusals& refusals) { refusals.since.reset(); });
}

ClientCounts::Entered ClientCounts::enter(const IpAddress& from, std::chrono::seconds window,
                                          TimePoint now) {
  const Duration slice_time = std::max<Duration>(window, std::chrono::seconds(1)) / kSlices;
  const std::int64_t number = now.time_since_epoch() / slice_time;
  const auto load = state_.with([&](State& state) {
    if (state.clients.size() >= state.sweep_at) sweep(state, now);
    Client& client = state.clients[from];
    ++client.open;
    client.useless_after = now + window;
    Slice& slice = client.slices[static_cast<std::size_t>(number) % kSlices];
    if (slice.number != number) slice = {number, 0};
    ++slice.begun;
    policy::ClientLoad found{.open = client.open, .recent = 0};
    for (const auto& one : client.slices) {
      if (number - one.number < static_cast<std::int64_t>(kSlices)) found.recent += one.begun;
    }
    return found;
  });
  return {Place(*this, from), load};
}

// Twice as many clients must come before the next one: on average each costs little.
void ClientCounts::sweep(State& state, TimePoint now) {
  std::erase_if(state.clients, [now](const auto& one) {
    return one.second.open == 0 && one.second.useless_after < now;
  });
  // Whoever has ever new addresses fills no memory, however long the window is.
  if (state.clients.size() > kMostAbsent) {
    std::erase_if(state.clients, [](const auto& one) { return one.second.open == 0; });
  }
  state.sweep_at = std::max<std::size_t>(1024, 2 * state.clients.size());
}

void ClientCounts::Place::leave() {
  if (counts_ == nullptr) return;
  std::exchange(counts_, nullptr)->state_.with([this](State& state) {
    const auto found = state.clients.find(from_);
    if (found != state.clients.end() && found->second.open > 0) --found->second.open;
  });
}

}  // namespace signet::receive
