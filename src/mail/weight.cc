#include "signet/mail/weight.h"

#include <optional>

#include "signet/base/text.h"
#include "signet/mail/field_reader.h"

namespace signet::mail {
namespace {

struct Precedence {
  std::string_view name;
  int points;
};
constexpr Precedence kPrecedences[] = {
    {"first-class", 0}, {"special-delivery", 100}, {"list", -30}, {"bulk", -60}, {"junk", -100}};

int points_of(std::string_view name) {
  for (const auto& known : kPrecedences) {
    if (iequals(known.name, name)) return known.points;
  }
  return 0;
}

std::optional<Urgency> urgency_of(std::string_view priority) {
  if (iequals(priority, "urgent")) return Urgency::urgent;
  if (iequals(priority, "normal")) return Urgency::normal;
  if (iequals(priority, "non-urgent")) return Urgency::non_urgent;
  return std::nullopt;
}

}  // namespace

Weight weight_of(std::string_view header) {
  Weight weight;
  std::optional<Urgency> named;
  FieldReader reader([&](std::string_view name, std::string_view value) {
    if (iequals(name, "precedence")) weight.precedence = points_of(value);
    if (iequals(name, "priority")) named = urgency_of(value);
  });
  reader.on_content(header);
  reader.on_end();
  if (weight.precedence < 0) weight.urgency = Urgency::non_urgent;
  if (weight.precedence > 0) weight.urgency = Urgency::urgent;
  weight.urgency = named.value_or(weight.urgency);
  return weight;
}

}  // namespace signet::mail
