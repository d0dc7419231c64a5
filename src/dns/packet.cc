#include "dns/packet.h"

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "signet/base/text.h"

namespace signet::dns {
namespace {

constexpr std::size_t kMostRecords = 100;
constexpr std::size_t kLongestText = 2048;

struct TypeName {
  std::string_view name;
  Type type;
};
constexpr std::array kTypeNames = std::to_array<TypeName>({{"A", Type::a},
                                                           {"NS", Type::ns},
                                                           {"CNAME", Type::cname},
                                                           {"PTR", Type::ptr},
                                                           {"MX", Type::mx},
                                                           {"TXT", Type::txt},
                                                           {"AFSDB", Type::afsdb},
                                                           {"AAAA", Type::aaaa},
                                                           {"SRV", Type::srv}});

// Visits the records of one type in the answer section. False: not a DNS message.
template <class Visit>
bool for_each_record(const Packet& packet, ns_type type, Visit visit) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(packet.bytes.data());
  ns_msg message{};
  if (ns_initparse(bytes, static_cast<int>(packet.bytes.size()), &message) != 0) return false;
  const int count = ns_msg_count(message, ns_s_an);
  std::size_t seen = 0;
  for (int i = 0; i < count && seen < kMostRecords; ++i) {
    ns_rr record{};
    if (ns_parserr(&message, ns_s_an, i, &record) != 0) return false;
    if (ns_rr_type(record) != type || ns_rr_class(record) != ns_c_in) continue;
    ++seen;
    visit(message, record);
  }
  return true;
}

// A name inside record data, compression resolved. The escapes that dn_expand makes of odd bytes do
// not pass host_name().
std::string name_at(const ns_msg& message, const unsigned char* at) {
  std::array<char, NS_MAXDNAME> text{};
  if (dn_expand(ns_msg_base(message), ns_msg_end(message), at, text.data(),
                static_cast<int>(text.size())) < 0) {
    return {};
  }
  return text.data();
}

// <character-string>s one behind another, each with its length in front. RFC 1035 §3.3.14
std::string strings_in(const ns_rr& record) {
  std::string_view rest(reinterpret_cast<const char*>(ns_rr_rdata(record)), ns_rr_rdlen(record));
  std::string text;
  while (!rest.empty()) {
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(rest.front()));
    text += rest.substr(1, length);
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
  return printable(text, kLongestText);
}

std::string text_of(const ns_msg& message, const ns_rr& record, Type type) {
  const auto* data = ns_rr_rdata(record);
  const std::size_t size = ns_rr_rdlen(record);
  switch (type) {
    case Type::a: {
      std::array<std::uint8_t, 4> bytes{};
      if (size != bytes.size()) return {};
      std::memcpy(bytes.data(), data, bytes.size());
      return IpAddress::v4(bytes).to_string();
    }
    case Type::aaaa: {
      std::array<std::uint8_t, 16> bytes{};
      if (size != bytes.size()) return {};
      std::memcpy(bytes.data(), data, bytes.size());
      return IpAddress::v6(bytes).to_string();
    }
    case Type::txt:
      return strings_in(record);
    case Type::ns:
    case Type::cname:
    case Type::ptr:
      return host_name(name_at(message, data));
    case Type::mx:
    case Type::afsdb:  // behind a number
      return size < 3 ? std::string() : host_name(name_at(message, data + 2));
    case Type::srv:  // behind three
      return size < 7 ? std::string() : host_name(name_at(message, data + 6));
  }
  return {};
}

template <class T>
Answer<T> begin(const Packet& packet) {
  Answer<T> answer;
  answer.secure = packet.secure;
  answer.detail = packet.detail;
  if (packet.bogus) {
    answer.detail = "bogus: " + printable(packet.detail);
  } else if (packet.rcode == ns_r_nxdomain) {
    answer.found = Found::no_name;
  } else if (packet.rcode == ns_r_noerror && !packet.bytes.empty()) {
    answer.found = Found::yes;  // until it shows that there is nothing of the type
  } else if (answer.detail.empty()) {
    answer.detail =
        packet.rcode == ns_r_servfail ? "SERVFAIL" : "rcode " + std::to_string(packet.rcode);
  }
  return answer;
}

template <class T>
Answer<T> finish(Answer<T> answer, bool parsed) {
  if (answer.found != Found::yes) return answer;
  if (!parsed) {
    answer.found = Found::temporary;
    answer.detail = "malformed answer";
    answer.records.clear();
  } else if (answer.records.empty()) {
    answer.found = Found::no_data;
  }
  return answer;
}

}  // namespace

std::optional<RecordType> record_type(std::string_view name) {
  const auto* row = std::ranges::find_if(
      kTypeNames, [&](const TypeName& one) { return iequals(one.name, name); });
  if (row == kTypeNames.end()) return std::nullopt;
  return row->type;
}

std::string host_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > 253) return {};
  const bool good = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
  if (!good) return {};
  for (const auto label : split(text, '.')) {
    if (label.empty() || label.size() > 63) return {};
  }
  return to_lower(text);
}

Packet packet_of(int rcode, std::string_view bytes) {
  Packet packet;
  packet.rcode = rcode;
  if (rcode != ns_r_noerror) return packet;
  packet.bytes = bytes;
  packet.rcode = bytes.size() > 3 ? static_cast<unsigned char>(bytes[3]) & 15 : ns_r_servfail;
  return packet;
}

Answer<IpAddress> addresses_in(const Packet& packet) {
  auto answer = begin<IpAddress>(packet);
  if (answer.found != Found::yes) return answer;
  bool parsed = for_each_record(packet, ns_t_a, [&](const ns_msg&, const ns_rr& record) {
    if (ns_rr_rdlen(record) != 4) return;
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), ns_rr_rdata(record), bytes.size());
    answer.records.push_back(IpAddress::v4(bytes));
  });
  parsed = parsed && for_each_record(packet, ns_t_aaaa, [&](const ns_msg&, const ns_rr& record) {
             if (ns_rr_rdlen(record) != 16) return;
             std::array<std::uint8_t, 16> bytes{};
             std::memcpy(bytes.data(), ns_rr_rdata(record), bytes.size());
             answer.records.push_back(IpAddress::v6(bytes));
           });
  return finish(std::move(answer), parsed);
}

Answer<MxRecord> mx_in(const Packet& packet) {
  auto answer = begin<MxRecord>(packet);
  if (answer.found != Found::yes) return answer;
  std::size_t unusable = 0;
  const bool parsed =
      for_each_record(packet, ns_t_mx, [&](const ns_msg& message, const ns_rr& record) {
        if (ns_rr_rdlen(record) < 3) return;
        const auto preference = static_cast<std::uint16_t>(ns_get16(ns_rr_rdata(record)));
        const std::string raw = name_at(message, ns_rr_rdata(record) + 2);
        const bool null_mx = raw.empty() || raw == ".";  // RFC 7505
        const std::string host = null_mx ? std::string() : host_name(raw);
        if (host.empty() && !null_mx) {
          ++unusable;
          return;
        }
        answer.records.push_back({preference, host});
      });
  if (answer.records.empty() && unusable != 0) {
    // There are MX records, so the domain's own address must not be used in their place.
    answer.found = Found::temporary;
    answer.detail = "no usable name in the MX records";
    return answer;
  }
  return finish(std::move(answer), parsed);
}

Answer<std::string> names_in(const Packet& packet) {
  auto answer = begin<std::string>(packet);
  if (answer.found != Found::yes) return answer;
  const bool parsed =
      for_each_record(packet, ns_t_ptr, [&](const ns_msg& message, const ns_rr& record) {
        if (auto name = host_name(name_at(message, ns_rr_rdata(record))); !name.empty()) {
          answer.records.push_back(std::move(name));
        }
      });
  return finish(std::move(answer), parsed);
}

Answer<std::string> records_in(const Packet& packet, Type type) {
  auto answer = begin<std::string>(packet);
  if (answer.found != Found::yes) return answer;
  const bool parsed = for_each_record(packet, static_cast<ns_type>(type),
                                      [&](const ns_msg& message, const ns_rr& record) {
                                        auto text = text_of(message, record, type);
                                        if (!text.empty())
                                          answer.records.push_back(std::move(text));
                                      });
  return finish(std::move(answer), parsed);
}

}  // namespace signet::dns
