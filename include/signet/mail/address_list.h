// The addresses of a header section, each changed as somebody says: what stands around them (names,
// comments, folding, other fields) stays as it came. RFC 5322 §3.4, §3.6. Values only; any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace signet::mail {

// sendmail's division: From, Sender, Reply-To, Errors-To, Disposition-Notification-To speak of the
// sender, To, Cc, Bcc, Apparently-To of recipients; Resent- forms as theirs.
enum class AddressField { none, sender, recipient };
[[nodiscard]] AddressField address_field(std::string_view name);

// What an address becomes; empty: it stays.
using AddressChange = std::function<std::optional<std::string>(std::string_view address)>;
using FieldChange =
    std::function<std::optional<std::string>(AddressField field, std::string_view address)>;

// A field's body, as it stands behind the colon. Empty: nothing changes. `column`: where it begins;
// a list that changes and becomes too wide for a line is folded between its addresses.
[[nodiscard]] std::optional<std::string> change_addresses(std::string_view body,
                                                          const AddressChange& change,
                                                          std::size_t column = 0);

constexpr std::size_t kMostChangedHeader = 256 * 1024;  // a longer one is left as it is

struct ChangedHeader {
  std::string text;          // stands for
  std::size_t replaced = 0;  // so many octets of the content
};
// `content`: its beginning, at least the header section. Empty: nothing changes.
[[nodiscard]] std::optional<ChangedHeader> change_header(std::string_view content,
                                                         const FieldChange& change);

}  // namespace signet::mail
