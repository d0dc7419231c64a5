#include "signet/mail/envelope.h"

namespace signet::mail {

std::string in_brackets(std::string_view address) {
  std::string out;
  out.reserve(address.size() + 2);
  out += '<';
  out += address;
  out += '>';
  return out;
}

}  // namespace signet::mail
