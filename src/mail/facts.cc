#include "signet/mail/facts.h"

#include "mail/clean.h"
#include "signet/base/check.h"

namespace signet::mail {

std::string_view to_string(Resolve resolve) {
  switch (resolve) {
    case Resolve::ok:
      return "OK";
    case Resolve::fail:
      return "FAIL";
    case Resolve::forged:
      return "FORGED";
    case Resolve::temp:
      return "TEMP";
  }
  check_failed("Resolve", __FILE__, __LINE__);
}

std::string_view to_string(Verify verify) {
  switch (verify) {
    case Verify::none_yet:
      return "";
    case Verify::ok:
      return "OK";
    case Verify::trusted:
      return "TRUSTED";
    case Verify::no:
      return "NO";
    case Verify::not_:
      return "NOT";
    case Verify::fail:
      return "FAIL";
    case Verify::none:
      return "NONE";
    case Verify::clear:
      return "CLEAR";
    case Verify::temp:
      return "TEMP";
    case Verify::protocol:
      return "PROTOCOL";
    case Verify::software:
      return "SOFTWARE";
    case Verify::config:
      return "CONFIG";
    case Verify::dane_fail:
      return "DANE_FAIL";
  }
  check_failed("Verify", __FILE__, __LINE__);
}

std::string PeerFacts::relay() const {
  std::string bracketed = '[' + address() + ']';
  if (resolve == Resolve::ok && !name.empty()) return clean_host(name) + ' ' + bracketed;
  if (resolve == Resolve::forged && !ptr.empty()) {
    return clean_host(ptr) + ' ' + bracketed + " (may be forged)";
  }
  return bracketed;
}

}  // namespace signet::mail
