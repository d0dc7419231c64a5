#include "support/test_dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <stdexcept>

#include "signet/base/ip.h"
#include "signet/base/text.h"

namespace signet::test {
namespace {

constexpr std::uint16_t kA = 1;
constexpr std::uint16_t kCname = 5;
constexpr std::uint16_t kSoa = 6;
constexpr std::uint16_t kPtr = 12;
constexpr std::uint16_t kMx = 15;
constexpr std::uint16_t kAaaa = 28;
constexpr std::size_t kHeaderBytes = 12;
constexpr int kMostAliases = 8;

void put16(std::string& out, std::size_t number) {
  out += static_cast<char>(number >> 8U & 0xffU);
  out += static_cast<char>(number & 0xffU);
}

std::size_t get16(std::string_view bytes, std::size_t at) {
  return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])) << 8U |
         static_cast<unsigned char>(bytes[at + 1]);
}

std::string zone_key(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return to_lower(name);
}

std::string type_name(std::uint16_t type) {
  switch (type) {
    case kA:
      return "A";
    case kMx:
      return "MX";
    case kPtr:
      return "PTR";
    case kAaaa:
      return "AAAA";
    default:
      return std::to_string(type);
  }
}

std::string record_bytes(std::string_view owner, std::uint16_t type, std::string_view data) {
  std::string bytes = TestDns::wire_name(owner);
  put16(bytes, type);
  put16(bytes, 1);  // IN
  put16(bytes, 0);  // TTL
  put16(bytes, 0);
  put16(bytes, data.size());
  return bytes.append(data);
}

Fd bound_socket(int type, std::uint16_t port) {
  Fd made(socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return Fd();
  return made;
}

std::uint16_t port_of(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace

TestDns::TestDns() : wake_(eventfd(0, EFD_CLOEXEC)) {
  // Somebody may hold the TCP port of the number that UDP was given.
  for (int attempt = 0; attempt < 50 && !tcp_.valid(); ++attempt) {
    udp_ = bound_socket(SOCK_DGRAM, 0);
    port_ = port_of(udp_.get());
    tcp_ = bound_socket(SOCK_STREAM, port_);
  }
  if (!tcp_.valid() || listen(tcp_.get(), 16) != 0) throw std::runtime_error("no port for DNS");
  thread_ = std::jthread([this] { serve(); });
}

TestDns::~TestDns() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(wake_.get(), &one, sizeof one);
}

std::string TestDns::server() const { return "127.0.0.1@" + std::to_string(port_); }

void TestDns::add_record(std::string_view name, std::uint16_t type, std::string data) {
  zone_.with([&](Zone& zone) {
    zone.records[zone_key(name)].push_back({.type = type, .data = std::move(data)});
  });
}

void TestDns::add_address(std::string_view name, std::string_view ip) {
  const auto address = IpAddress::parse(ip).value();
  const auto& bytes = address.bytes();
  add_record(name, address.is_v6() ? kAaaa : kA,
             std::string(bytes.begin(), bytes.begin() + (address.is_v6() ? 16 : 4)));
}

void TestDns::add_mx(std::string_view domain, std::uint16_t preference, std::string_view host) {
  std::string data;
  put16(data, preference);
  add_record(domain, kMx, data + wire_name(host));
}

void TestDns::add_name(std::string_view ip, std::string_view name) {
  add_record(reverse_name(ip), kPtr, wire_name(name));
}

void TestDns::add_cname(std::string_view name, std::string_view target) {
  add_record(name, kCname, wire_name(target));
}

void TestDns::make_trouble(std::string_view name, Trouble trouble) {
  zone_.with([&](Zone& zone) { zone.troubles[zone_key(name)] = trouble; });
}

std::vector<std::string> TestDns::asked() {
  return zone_.with([](const Zone& zone) { return zone.asked; });
}

std::string TestDns::wire_name(std::string_view name) {
  std::string wire;
  for (const auto label : words(name, ".")) {
    wire += static_cast<char>(label.size());
    wire += label;
  }
  return wire + '\0';
}

std::string TestDns::reverse_name(std::string_view ip) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto address = IpAddress::parse(ip).value();
  std::string name;
  for (std::size_t i = address.is_v6() ? 16 : 4; i-- > 0;) {
    const auto byte = address.bytes()[i];
    if (address.is_v6()) {
      name += std::string{kHex[byte & 15U], '.', kHex[byte >> 4U], '.'};
    } else {
      name += std::to_string(byte) + '.';
    }
  }
  return name + (address.is_v6() ? "ip6.arpa" : "in-addr.arpa");
}

void TestDns::serve() {
  while (true) {
    std::array<pollfd, 3> watched{{{.fd = udp_.get(), .events = POLLIN, .revents = 0},
                                   {.fd = tcp_.get(), .events = POLLIN, .revents = 0},
                                   {.fd = wake_.get(), .events = POLLIN, .revents = 0}}};
    if (poll(watched.data(), watched.size(), -1) < 0) continue;
    if (watched[2].revents != 0) return;
    if (watched[0].revents != 0) serve_udp();
    if (watched[1].revents != 0) serve_tcp();
  }
}

void TestDns::serve_udp() {
  std::array<char, 4096> query{};
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const auto got = recvfrom(udp_.get(), query.data(), query.size(), 0,
                            reinterpret_cast<sockaddr*>(&from), &size);
  if (got < static_cast<ssize_t>(kHeaderBytes)) return;
  const auto answer = answer_to({query.data(), static_cast<std::size_t>(got)}, false);
  if (answer.empty()) return;
  sendto(udp_.get(), answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&from),
         size);
}

// One question a connection.
void TestDns::serve_tcp() {
  Fd peer(accept4(tcp_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!peer.valid()) return;
  timeval patience{.tv_sec = 5, .tv_usec = 0};
  setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::array<char, 2> length{};
  if (recv(peer.get(), length.data(), length.size(), MSG_WAITALL) != 2) return;
  std::string query(get16({length.data(), 2}, 0), '\0');
  const auto got = recv(peer.get(), query.data(), query.size(), MSG_WAITALL);
  if (got != static_cast<ssize_t>(query.size()) || query.size() < kHeaderBytes) return;
  const auto answer = answer_to(query, true);
  if (answer.empty()) {
    stalled_.push_back(std::move(peer));
    return;
  }
  std::string framed;
  put16(framed, answer.size());
  framed += answer;
  send(peer.get(), framed.data(), framed.size(), MSG_NOSIGNAL);
}

// Records that answer, aliases first; `exists`: the name at the end of the aliases does.
std::string TestDns::find(const Zone& zone, const Question& question, std::uint16_t& count,
                          bool& exists) {
  std::string bytes;
  std::string name = question.name;
  for (int alias = 0; alias <= kMostAliases; ++alias) {
    const auto found = zone.records.find(name);
    exists = found != zone.records.end();
    if (!exists) return bytes;
    std::optional<std::string> next;
    for (const auto& record : found->second) {
      if (record.type != question.type && record.type != kCname) continue;
      bytes += record_bytes(name, record.type, record.data);
      ++count;
      if (record.type == kCname && question.type != kCname) {
        next.emplace();
        for (std::size_t at = 0; record.data[at] != '\0';) {
          const auto length = static_cast<std::size_t>(static_cast<unsigned char>(record.data[at]));
          if (!next->empty()) *next += '.';
          *next += to_lower(std::string_view(record.data).substr(at + 1, length));
          at += 1 + length;
        }
      }
    }
    if (!next) return bytes;
    name = *next;
  }
  return bytes;
}

// Empty: say nothing.
std::string TestDns::answer_to(std::string_view query, bool tcp) {
  Question question;
  std::size_t at = kHeaderBytes;
  while (at < query.size() && query[at] != '\0') {
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(query[at]));
    if (at + 1 + length >= query.size()) return {};
    if (!question.name.empty()) question.name += '.';
    question.name += to_lower(query.substr(at + 1, length));
    at += 1 + length;
  }
  if (at + 5 > query.size()) return {};
  question.type = static_cast<std::uint16_t>(get16(query, at + 1));
  question.wire = query.substr(kHeaderBytes, at + 5 - kHeaderBytes);

  return zone_.with([&](Zone& zone) -> std::string {
    zone.asked.push_back(type_name(question.type) + " " + question.name);
    Trouble trouble = Trouble::none;
    for (const auto& name : {std::string(), question.name}) {
      const auto found = zone.troubles.find(name);
      if (found != zone.troubles.end() && found->second != Trouble::none) trouble = found->second;
    }
    const bool truncated = trouble == Trouble::truncate || trouble == Trouble::stall_tcp;
    if (trouble == Trouble::drop || (trouble == Trouble::stall_tcp && tcp)) return {};
    if (trouble == Trouble::garbage) return std::string(query.substr(0, 2)) + "\x81\x80garbage!";

    std::uint16_t count = 0;
    bool exists = false;
    std::string records = find(zone, question, count, exists);
    std::size_t rcode = exists ? 0 : 3;  // NXDOMAIN
    if (trouble == Trouble::servfail) rcode = 2;
    if (trouble == Trouble::refused) rcode = 5;
    if (trouble == Trouble::endless_name) {
      records.clear();
      put16(records, 0xc000U | (kHeaderBytes + question.wire.size()));  // points at itself
      records += record_bytes("", question.type, "\x7f\0\0\1").substr(1);
      count = 1;
    }
    if (rcode == 2 || rcode == 5 || (truncated && !tcp)) {
      records.clear();
      count = 0;
    }
    std::string message(query.substr(0, 2));
    if (trouble == Trouble::wrong_id) message[0] = static_cast<char>(message[0] ^ 0x55);
    put16(message, 0x8580U | rcode | (truncated && !tcp ? 0x0200U : 0U));
    put16(message, 1);
    put16(message, count);
    put16(message, count == 0 && rcode != 2 && rcode != 5 ? 1 : 0);
    put16(message, 0);
    message += question.wire;
    message += records;
    if (count == 0 && rcode != 2 && rcode != 5) {
      message += record_bytes("", kSoa, std::string(22, '\0'));
    }
    if (trouble == Trouble::cut_short) message.resize(message.size() - 3);
    return message;
  });
}

}  // namespace signet::test
