#include "dns/unbound.h"

#include <event2/event.h>
#include <unbound-event.h>
#include <unbound.h>

#include <utility>

namespace signet::dns {
namespace {

constexpr int kServfail = 2;
constexpr int kClassIn = 1;

}  // namespace

struct RawQuery::Core {
  Core(const Unbound& unbound, Done call)
      : loop(unbound.loop),
        context(unbound.context),
        done(std::move(call)),
        patience(unbound.loop, [this] { on_timeout(); }) {}

  void on_answer(Packet packet);
  void on_timeout();
  void tell(const Packet& packet);

  loop::Loop& loop;
  ub_ctx* context;
  Done done;
  int id = 0;
  bool asking = false;  // inside ub_resolve_event: what comes now has to wait
  bool over = false;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  loop::Timer patience;
};

void RawQuery::Core::on_answer(Packet packet) {
  over = true;
  patience.cancel();
  if (!asking) return tell(packet);
  loop.post([this, here = std::weak_ptr<bool>(alive), packet = std::move(packet)] {
    if (!here.expired()) tell(packet);
  });
}

void RawQuery::Core::on_timeout() {
  over = true;
  ub_cancel(context, id);
  Packet packet;
  packet.detail = "timeout";
  tell(packet);
}

// Last: the owner may destroy us.
void RawQuery::Core::tell(const Packet& packet) {
  auto call = std::move(done);
  call(packet);
}

RawQuery::RawQuery(const Unbound& unbound, const std::string& name, Type type, Done done)
    : core_(std::make_unique<Core>(unbound, std::move(done))) {
  const auto on_event = [](void* mine, int rcode, void* bytes, int size, int security, char* why,
                           int) noexcept {
    const auto length = bytes != nullptr && size > 0 ? static_cast<std::size_t>(size) : 0;
    Packet packet = packet_of(rcode, {static_cast<const char*>(bytes), length});
    packet.bogus = security == 1;
    packet.secure = security == 2;
    if (why != nullptr) packet.detail = why;
    static_cast<Core*>(mine)->on_answer(std::move(packet));
  };
  core_->patience.arm_in(unbound.patience);
  core_->asking = true;
  const int code = ub_resolve_event(unbound.context, name.c_str(), static_cast<int>(type), kClassIn,
                                    core_.get(), on_event, &core_->id);
  if (code != 0 && !core_->over) {
    Packet packet;
    packet.rcode = kServfail;
    packet.detail = ub_strerror(code);
    core_->on_answer(std::move(packet));
  }
  core_->asking = false;
}

RawQuery::~RawQuery() {
  if (!core_->over) ub_cancel(core_->context, core_->id);
}

}  // namespace signet::dns
