#include "daemon/map_keeper.h"

#include <iterator>
#include <utility>

namespace signet::daemon {
namespace {

constexpr Duration kLookAtMapsEvery = std::chrono::seconds(1);

}  // namespace

MapKeeper::MapKeeper(loop::Loop& loop) : timer_(loop, [this] { on_time(); }) {}

void MapKeeper::keep(table::Look look) {
  kept_.with([&](auto& kept) { kept.push_back(std::move(look)); });
}

void MapKeeper::start() {
  thread_ = std::make_unique<loop::Workers>(1);
  timer_.arm_in(kLookAtMapsEvery);
}

void MapKeeper::stop() {
  timer_.cancel();
  thread_.reset();
}

// A disk that hangs holds up one look, and no others wait behind it.
void MapKeeper::on_time() {
  if (!looking_.exchange(true)) {
    thread_->run([this] {
      look_at_all();
      looking_.store(false);
    });
  }
  timer_.arm_in(kLookAtMapsEvery);
}

void MapKeeper::look_at_all() {
  auto looks = kept_.with([](auto& kept) { return std::exchange(kept, {}); });
  std::erase_if(looks, [](const table::Look& look) { return !look(); });
  kept_.with([&](auto& kept) {
    kept.insert(kept.end(), std::make_move_iterator(looks.begin()),
                std::make_move_iterator(looks.end()));
  });
}

}  // namespace signet::daemon
