// How many sessions there are, and how many connections each client address has and began within a
// window of time; for all loops of the engine together. Thread-safe. Remembers an address while it
// is connected or its window lasts; after a hundred thousand of them only while it is connected.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "signet/base/clock.h"
#include "signet/base/guarded.h"
#include "signet/base/ip.h"
#include "signet/policy/limits.h"

namespace signet::receive {

class ClientCounts final {
 public:
  // One connection while it is counted; gives itself back.
  class Place final {
   public:
    Place() = default;
    ~Place() { leave(); }
    Place(Place&& from) noexcept
        : counts_(std::exchange(from.counts_, nullptr)), from_(from.from_) {}
    Place& operator=(Place&& from) noexcept {
      if (this != &from) {
        leave();
        counts_ = std::exchange(from.counts_, nullptr);
        from_ = from.from_;
      }
      return *this;
    }

   private:
    friend class ClientCounts;
    Place(ClientCounts& counts, const IpAddress& from) : counts_(&counts), from_(from) {}
    void leave();

    ClientCounts* counts_ = nullptr;
    IpAddress from_;
  };

  // A session's share of what all of them may have together; gives itself back.
  class Share final {
   public:
    ~Share() {
      if (taken_ != nullptr) *taken_ -= count_;
    }
    Share(Share&& from) noexcept
        : taken_(std::exchange(from.taken_, nullptr)), count_(from.count_) {}
    Share& operator=(Share&&) = delete;

   private:
    friend class ClientCounts;
    Share(std::atomic<std::size_t>& taken, std::size_t count) : taken_(&taken), count_(count) {}
    std::atomic<std::size_t>* taken_;
    std::size_t count_;
  };
  // One session more. Empty: there are `most` already; 0 is no limit.
  [[nodiscard]] std::optional<Share> sit(std::size_t most) { return share(sessions_, 1, most); }
  // What it may open, its own connection and those to mail filters. Empty as above.
  [[nodiscard]] std::optional<Share> take_descriptors(std::size_t count, std::size_t most) {
    return share(descriptors_, count, most);
  }

  // How long a new session waits so that no more than `most` begin in a second; 0 is no limit.
  // Empty: so many wait already that it had better come again.
  [[nodiscard]] std::optional<Duration> turn(std::size_t most, TimePoint now);

  // Clients are refused because the host is short of something, until one is let in.
  struct Refusing {
    bool begins = false;             // with this one
    std::optional<Duration> lasted;  // so long by now; told once an interval
  };
  [[nodiscard]] Refusing refuse(TimePoint now, Duration interval);
  void let_in();

  struct Entered {
    Place place;
    policy::ClientLoad load;  // with this connection
  };
  // `window`: ConnectionRateWindowSize, at least a second.
  [[nodiscard]] Entered enter(const IpAddress& from, std::chrono::seconds window, TimePoint now);

 private:
  static constexpr std::size_t kSlices = 6;  // of the window, as in sendmail
  struct Slice {
    std::int64_t number = -1;
    unsigned begun = 0;
  };
  struct Client {
    unsigned open = 0;
    TimePoint useless_after{};  // when it is not open
    std::array<Slice, kSlices> slices;
  };
  struct State {
    std::map<IpAddress, Client> clients;
    std::size_t sweep_at = 1024;
  };
  static void sweep(State& state, TimePoint now);
  [[nodiscard]] static std::optional<Share> share(std::atomic<std::size_t>& taken,
                                                  std::size_t count, std::size_t most);

  struct Turns {
    std::int64_t second = 0;  // the last one with a session
    std::size_t begun = 0;    // in it
  };

  struct Refusals {
    std::optional<TimePoint> since;
    TimePoint told{};
  };

  Guarded<State> state_;
  Guarded<Refusals> refusals_;
  Guarded<Turns> turns_;
  std::atomic<std::size_t> sessions_ = 0;
  std::atomic<std::size_t> descriptors_ = 0;
};

}  // namespace signet::receive
