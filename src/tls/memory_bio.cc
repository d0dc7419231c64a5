#include "tls/memory_bio.h"

#include <algorithm>
#include <cstring>

#include "signet/base/check.h"

namespace signet::tls {
namespace {

constexpr std::size_t kMostTaken = 64 * 1024;  // bytes in front that are done with

void take(std::string& bytes, std::size_t& at, std::size_t count) {
  at += count;
  SIGNET_CHECK(at <= bytes.size());
  if (at == bytes.size()) {
    std::string().swap(bytes);
  } else if (at > kMostTaken && at > bytes.size() / 2) {
    bytes.erase(0, at);
  } else {
    return;
  }
  at = 0;
}

Wire& wire_of(BIO* bio) { return *static_cast<Wire*>(BIO_get_data(bio)); }

int read_wire(BIO* bio, char* to, int size) noexcept {
  BIO_clear_retry_flags(bio);
  Wire& wire = wire_of(bio);
  const auto waiting = wire.incoming();
  if (waiting.empty()) {
    if (wire.ended) return 0;
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t count = std::min(waiting.size(), static_cast<std::size_t>(std::max(size, 0)));
  std::memcpy(to, waiting.data(), count);
  wire.take_in(count);
  return static_cast<int>(count);
}

int write_wire(BIO* bio, const char* from, int size) noexcept {
  BIO_clear_retry_flags(bio);
  if (size <= 0) return 0;
  wire_of(bio).out.append(from, static_cast<std::size_t>(size));
  return size;
}

long control(BIO* bio, int command, long, void*) noexcept {
  if (command == BIO_CTRL_EOF) return wire_of(bio).ended && wire_of(bio).incoming().empty() ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int create(BIO* bio) noexcept {
  BIO_set_init(bio, 1);
  return 1;
}

// Made once, kept to the end of the program as OpenSSL's own methods are.
const BIO_METHOD* method() {
  static BIO_METHOD* const made = [] {
    BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    SIGNET_CHECK(fresh != nullptr);
    BIO_meth_set_read(fresh, &read_wire);
    BIO_meth_set_write(fresh, &write_wire);
    BIO_meth_set_ctrl(fresh, &control);
    BIO_meth_set_create(fresh, &create);
    return fresh;
  }();
  return made;
}

}  // namespace

void Wire::take_in(std::size_t bytes) { take(in, in_at, bytes); }
void Wire::take_out(std::size_t bytes) { take(out, out_at, bytes); }

BIO* make_bio(Wire& wire) {
  BIO* bio = BIO_new(method());
  SIGNET_CHECK(bio != nullptr);
  BIO_set_data(bio, &wire);
  return bio;
}

}  // namespace signet::tls
