#include "daemon/map_dns.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "signet/daemon/site.h"

namespace signet::daemon {
namespace {

// The null MX is no host.
std::vector<std::string> best_hosts(const std::vector<dns::MxRecord>& records) {
  std::vector<std::string> hosts;
  if (records.empty()) return hosts;
  const auto best = std::ranges::min(records, {}, &dns::MxRecord::preference).preference;
  for (const auto& record : records) {
    if (record.preference == best && !record.host.empty()) hosts.push_back(record.host);
  }
  return hosts;
}

}  // namespace

Result<std::unique_ptr<MapDns::Line>> MapDns::take_line() {
  auto line = idle_.with([](auto& idle) {
    std::unique_ptr<Line> last;
    if (!idle.empty()) {
      last = std::move(idle.back());
      idle.pop_back();
    }
    return last;
  });
  if (line) return line;
  line = std::make_unique<Line>();
  auto resolver = dns::make_resolver(line->loop, options_);
  if (!resolver) return std::unexpected(std::move(resolver).error());
  line->resolver = std::move(*resolver);
  return line;
}

// `ask` asks a resolver, and calls what it is given.
template <class T, class Ask>
Result<std::vector<T>> MapDns::ask_by(const table::DnsQuestion& question, Ask ask) {
  auto line = take_line();
  if (!line) return std::unexpected(std::move(line).error());
  auto& loop = (*line)->loop;
  dns::Answer<T> answer;
  bool in_time = true;
  {
    loop::Timer patience(loop, [&] {
      in_time = false;
      loop.stop();
    });
    patience.arm_in(question.patience);
    const auto query = ask(*(*line)->resolver, [&](auto got) {
      answer = std::move(got);
      loop.stop();
    });
    loop.run();
  }
  idle_.with([&](auto& idle) { idle.push_back(std::move(*line)); });
  if (!in_time) {
    return std::unexpected(
        Error{ErrorKind::temporary, question.name + ": no answer in time", ETIMEDOUT});
  }
  if (answer.found == dns::Found::temporary) return temporary(question.name + ": " + answer.detail);
  return std::move(answer.records);
}

Result<std::vector<std::string>> MapDns::ask(const table::DnsQuestion& question) {
  if (question.type == table::kBestMx) {
    auto records = ask_by<dns::MxRecord>(question, [&](dns::Resolver& resolver, auto done) {
      return resolver.mx(question.name, std::move(done));
    });
    if (!records) return std::unexpected(std::move(records).error());
    return best_hosts(*records);
  }
  const auto type = dns::record_type(question.type);
  if (!type) return permanent("no type of DNS records: " + question.type);
  return ask_by<std::string>(question, [&](dns::Resolver& resolver, auto done) {
    return resolver.records(question.name, *type, std::move(done));
  });
}

table::AskDns dns_of_maps(const conf::Config& config) {
  const auto dns = std::make_shared<MapDns>(resolver_options(config));
  return [dns](const table::DnsQuestion& question) { return dns->ask(question); };
}

}  // namespace signet::daemon
