// The message as one way of delivery shows it: sender and header as policy::rewrite_address has
// them, the body as it came.
#pragma once

#include <memory>
#include <string_view>

#include "deliver/work.h"
#include "signet/base/result.h"
#include "signet/deliver/options.h"
#include "signet/policy/rewrite.h"

namespace signet::deliver {

// `head`: the beginning of the content, with all of the header section. An error: a map could not
// be asked.
[[nodiscard]] Result<std::shared_ptr<const Copy>> make_copy(const Options& options,
                                                            const queue::Message& message,
                                                            std::string_view head, policy::Way way);

}  // namespace signet::deliver
