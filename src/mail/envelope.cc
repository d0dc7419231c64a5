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

std::string_view without_brackets(std::string_view path) {
  const bool has = path.starts_with('<') && path.ends_with('>');
  return has ? path.substr(1, path.size() - 2) : path;
}

}  // namespace signet::mail
