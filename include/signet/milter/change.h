// What a mail filter wants to be different about a message, said between the end of the message and
// its verdict. Values only; texts are bounded by the frame they came in.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace signet::milter {

// The value of a field is all behind its colon, lines of a fold joined by '\n', as mail::Field has
// it: what a filter says is made so that it cannot begin another field.
struct AddField {
  std::string name, value;
};
struct InsertField {
  std::uint32_t index = 0;  // in front of the field of this number; our Received: counts
  std::string name, value;
};
struct ChangeField {
  std::uint32_t index = 1;  // of the fields of this name
  std::string name, value;  // an empty value deletes it
};
struct ChangeSender {
  std::string address, arguments;  // "<a@b>" or "a@b"; arguments of MAIL
};
struct AddRecipient {
  std::string address, arguments;
};
struct DeleteRecipient {
  std::string address;
};
struct ReplaceBody {
  std::string octets;  // of the new body, as they come: line ends may be any
};
struct Quarantine {
  std::string reason;
};
using Change = std::variant<AddField, InsertField, ChangeField, ChangeSender, AddRecipient,
                            DeleteRecipient, ReplaceBody, Quarantine>;

}  // namespace signet::milter
