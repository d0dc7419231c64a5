// Which recipients of a message go the same way, and which need nobody to be asked. It looks into
// maps and rewrites the message, and does nothing else; from any thread that may wait for maps.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "deliver/outcome.h"
#include "deliver/work.h"
#include "signet/base/result.h"
#include "signet/deliver/options.h"
#include "signet/policy/route.h"

namespace signet::deliver {

// Recipients with the same key share a connection.
[[nodiscard]] std::string destination_key(const policy::Route& route);

// M= and flag e of the mailer. Empty: the mail may go now.
[[nodiscard]] std::optional<Outcome> outcome_of_limits(const Options& options, const Work& work,
                                                       std::string_view mailer);

struct Sorted {
  struct Group {
    Task task;
    std::string key;
    std::vector<policy::NextHop> hops;  // none: for the agent
  };
  std::vector<Group> groups;
  std::vector<std::pair<Task, Outcome>> known;  // of one recipient each
  std::vector<std::size_t> others;              // lists and the like, to be resolved (resend.h)
};

// Of recipients that are not done. `head` is the beginning of the content, as make_copy wants it;
// where it is an error, mail waits. Fills `work->copies`.
[[nodiscard]] Sorted sort_recipients(const Options& options, const std::shared_ptr<Work>& work,
                                     const Result<std::string_view>& head);

}  // namespace signet::deliver
