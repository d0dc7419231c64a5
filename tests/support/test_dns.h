// A small name server on a loopback port of its own (UDP and TCP), with its own thread: what it is
// told it answers, and it can be told to misbehave. Any thread; TTLs are 0, so nothing is
// remembered.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "signet/base/fd.h"
#include "signet/base/guarded.h"

namespace signet::test {

enum class Trouble {
  none,
  servfail,
  refused,
  drop,         // no answer at all
  truncate,     // UDP answers say: ask by TCP
  stall_tcp,    // truncate, and TCP never answers
  wrong_id,     // an answer to another question
  garbage,      // bytes that are no DNS message
  cut_short,    // the message ends in the middle of a record
  endless_name  // a name that points at itself
};

class TestDns final {
 public:
  TestDns();
  ~TestDns();
  TestDns(const TestDns&) = delete;
  TestDns& operator=(const TestDns&) = delete;

  [[nodiscard]] std::string server() const;  // "127.0.0.1@40123", as ResolverOptions wants it

  void add_address(std::string_view name, std::string_view ip);  // A or AAAA
  void add_mx(std::string_view domain, std::uint16_t preference, std::string_view host);
  void add_name(std::string_view ip, std::string_view name);  // PTR
  void add_cname(std::string_view name, std::string_view target);
  void add_record(std::string_view name, std::uint16_t type, std::string data);  // as on the wire
  void make_trouble(std::string_view name, Trouble trouble);  // "": for every name
  // "A mail.example", "MX example": what came in, oldest first; repeated questions too.
  [[nodiscard]] std::vector<std::string> asked();

  // A name in wire form; labels may hold any bytes but dots.
  [[nodiscard]] static std::string wire_name(std::string_view name);
  [[nodiscard]] static std::string reverse_name(std::string_view ip);

 private:
  struct Record {
    std::uint16_t type;
    std::string data;
  };
  struct Zone {
    std::map<std::string, std::vector<Record>> records;
    std::map<std::string, Trouble> troubles;
    std::vector<std::string> asked;
  };
  struct Question {
    std::string name;  // lower case
    std::uint16_t type = 0;
    std::string wire;  // as it came
  };

  void serve();
  void serve_udp();
  void serve_tcp();
  [[nodiscard]] std::string answer_to(std::string_view query, bool tcp);
  [[nodiscard]] static std::string find(const Zone& zone, const Question& question,
                                        std::uint16_t& count, bool& exists);

  Fd udp_;
  Fd tcp_;
  Fd wake_;
  std::uint16_t port_ = 0;
  Guarded<Zone> zone_;
  std::vector<Fd> stalled_;  // serving thread only
  std::jthread thread_;
};

}  // namespace signet::test
