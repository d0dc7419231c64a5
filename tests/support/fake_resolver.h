// A resolver that answers from maps, as the real one does: from the loop, after the call returned,
// and never when the Query is gone. A name that nobody put in does not exist.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "signet/dns/resolver.h"

namespace signet::test {

class FakeResolver final : public dns::Resolver {
 public:
  explicit FakeResolver(loop::Loop& loop) : loop_(loop) {}

  // Names: any case, with or without the dot at the end.
  void add_address(std::string_view name, std::string_view ip);
  void add_mx(std::string_view domain, std::uint16_t preference,
              std::string_view host);                         // "": null MX
  void add_name(std::string_view ip, std::string_view name);  // PTR only
  void add_record(std::string_view name, dns::RecordType type, std::string_view text);
  // From now on every question about it ends like this ("SERVFAIL", "timeout").
  void fail(std::string_view name_or_ip, std::string_view detail = "SERVFAIL");
  void recover(std::string_view name_or_ip);
  // While held, questions wait; released, they are answered in their order.
  void hold() { held_ = true; }
  void release();
  void forget_all();

  // "a mail.example", "mx example", "ptr 192.0.2.1": what was asked, oldest first.
  [[nodiscard]] const std::vector<std::string>& asked() const { return asked_; }

  [[nodiscard]] std::unique_ptr<dns::Query> addresses(std::string_view name,
                                                      On<IpAddress> done) override;
  [[nodiscard]] std::unique_ptr<dns::Query> ipv4(std::string_view name,
                                                 On<IpAddress> done) override;
  [[nodiscard]] std::unique_ptr<dns::Query> mx(std::string_view name,
                                               On<dns::MxRecord> done) override;
  [[nodiscard]] std::unique_ptr<dns::Query> names(const IpAddress& ip,
                                                  On<std::string> done) override;
  [[nodiscard]] std::unique_ptr<dns::Query> records(std::string_view name, dns::RecordType type,
                                                    On<std::string> done) override;

 private:
  template <class T>
  using Records = std::map<std::string, std::vector<T>>;

  template <class T>
  std::unique_ptr<dns::Query> answer(const std::string& key, const Records<T>& records, On<T> done);
  void send(loop::Task task);

  loop::Loop& loop_;
  Records<IpAddress> addresses_;
  Records<dns::MxRecord> mx_;
  Records<std::string> names_;
  std::map<dns::RecordType, Records<std::string>> records_;
  std::map<std::string, std::string> failing_;
  std::set<std::string> known_;  // exists: no_data and not no_name
  std::vector<std::string> asked_;
  std::vector<loop::Task> waiting_;
  bool held_ = false;
};

}  // namespace signet::test
