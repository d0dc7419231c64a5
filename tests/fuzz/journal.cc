// A segment whose octets come from outside: first octets as they are, then a valid segment with the
// input written over a part of it. Whatever is in it, the index stays bounded by the file and every
// message it offers can be read or is refused.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <tuple>

#include "queue/fetch.h"
#include "queue/message_record.h"
#include "queue/record.h"
#include "queue/segment_reader.h"
#include "signet/base/check.h"

namespace {

using namespace signet;

class MemoryFile final : public queue::File {
 public:
  explicit MemoryFile(std::string octets) : octets_(std::move(octets)) {}
  Result<void> write_at(std::uint64_t, std::string_view) override { return {}; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) const override {
    if (offset >= octets_.size()) return 0U;
    const auto count = std::min<std::uint64_t>(into.size(), octets_.size() - offset);
    std::memcpy(into.data(), octets_.data() + offset, count);
    return count;
  }
  Result<std::uint64_t> size() const override { return octets_.size(); }
  Result<void> sync() override { return {}; }
  Result<void> truncate(std::uint64_t) override { return {}; }
  Result<void> reserve(std::uint64_t) override { return {}; }

 private:
  std::string octets_;
};

constexpr queue::SegmentHeader kHeader{.number = 1, .salt = 42, .next_key = 1};

std::string valid_segment() {
  std::string octets = encode(kHeader);
  queue::StoredMessage message;
  message.envelope.id = "6BNAbc12000001";
  message.envelope.recipients = {{"a@example.org"}, {"b@example.org"}};
  message.state.done = {true, false};
  for (queue::Key key = 1; key <= 3; ++key) {
    queue::append_record(octets, {kHeader.salt, octets.size()}, {.key = key}, encode_meta(message),
                         "text");
  }
  return octets;
}

void read_all(std::string octets) {
  const MemoryFile file(std::move(octets));
  const auto size = *file.size();
  const auto header = queue::read_segment_header(file);
  const auto salt = header && *header ? (*header)->salt : kHeader.salt;
  queue::SegmentReader reader(file, salt, size);
  std::uint64_t last = 0;
  while (true) {
    const auto record = reader.next();
    SIGNET_CHECK(record.has_value());
    if (!*record) break;
    SIGNET_CHECK((*record)->offset > last && (*record)->offset + (*record)->bytes() <= size);
    last = (*record)->offset;
    std::ignore = queue::glance_at_message((*record)->payload);
    std::ignore = queue::glance_at_progress((*record)->payload);
    std::ignore = queue::decode_gone((*record)->payload);
    std::ignore = queue::decode_message((*record)->payload);
    std::ignore = queue::decode_state((*record)->payload);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  // As a payload: behind a checksum that holds.
  if (const auto decoded = queue::decode_message(input)) {
    SIGNET_CHECK(decoded->content_at <= input.size());
    auto again = queue::decode_message(encode_meta(decoded->message));
    SIGNET_CHECK(again && again->message.envelope == decoded->message.envelope);
  }
  std::ignore = queue::decode_state(input);
  read_all(input);
  auto octets = valid_segment();
  if (input.size() > 1) {
    const auto at = static_cast<unsigned char>(input[0]) * octets.size() / 256;
    octets.replace(at, std::min(input.size() - 1, octets.size() - at), input, 1);
  }
  read_all(octets);
  return 0;
}
