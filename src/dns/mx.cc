// Own names are cut first, then equal preferences are shuffled: RFC 5321 §5.1.
#include "signet/dns/mx.h"

#include <algorithm>
#include <random>

#include "signet/base/text.h"

namespace signet::dns {

MxChoice choose_mx(std::string_view domain, const Answer<MxRecord>& answer,
                   const std::vector<std::string>& own_names, std::uint32_t random) {
  MxChoice choice;
  switch (answer.found == Found::yes && answer.records.empty() ? Found::no_data : answer.found) {
    case Found::temporary:
      return choice;
    case Found::no_name:
      choice.outcome = MxChoice::Outcome::no_host;
      return choice;
    case Found::no_data:
      choice.outcome = MxChoice::Outcome::hosts;
      choice.hosts.emplace_back(domain);
      choice.implicit = true;
      return choice;
    case Found::yes:
      break;
  }
  auto records = answer.records;
  const auto is_null = [](const MxRecord& record) { return record.host.empty(); };
  if (std::ranges::all_of(records, is_null)) {
    choice.outcome = MxChoice::Outcome::null_mx;
    return choice;
  }
  std::erase_if(records, is_null);  // beside others it means nothing (RFC 7505 §3)

  // Hosts of our own preference and worse would send the mail back to us (RFC 5321 §5.1).
  const auto ours = [&](const MxRecord& record) {
    return std::ranges::any_of(own_names,
                               [&](const std::string& name) { return iequals(name, record.host); });
  };
  const auto best_of_ours = std::ranges::min_element(records, {}, [&](const MxRecord& record) {
    return ours(record) ? record.preference : 1U << 16U;
  });
  if (ours(*best_of_ours)) {
    choice.ours = true;
    const auto limit = best_of_ours->preference;
    std::erase_if(records, [&](const MxRecord& record) { return record.preference >= limit; });
  }
  if (records.empty()) {
    choice.outcome = MxChoice::Outcome::loops_back;
    return choice;
  }
  std::minstd_rand generator(random);
  std::ranges::shuffle(records, generator);
  std::ranges::stable_sort(records, {}, &MxRecord::preference);
  choice.outcome = MxChoice::Outcome::hosts;
  for (auto& record : records) {
    if (std::ranges::find(choice.hosts, record.host) == choice.hosts.end()) {
      choice.hosts.push_back(std::move(record.host));
    }
  }
  return choice;
}

}  // namespace signet::dns
