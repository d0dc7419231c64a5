#include "signet/milter/header.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "signet/base/text.h"

namespace signet::milter {

Header::Header(std::vector<mail::Field> fields) {
  entries_.reserve(fields.size());
  for (auto& field : fields) entries_.push_back({.field = std::move(field)});
}

void Header::begin_filter() {
  const auto end_of_above = entries_.begin() + static_cast<std::ptrdiff_t>(ours_);
  const auto gone = std::count_if(entries_.begin(), end_of_above, std::mem_fn(&Entry::deleted));
  ours_ -= static_cast<std::size_t>(gone);
  std::erase_if(entries_, std::mem_fn(&Entry::deleted));
}

void Header::add(const AddField& change) {
  entries_.push_back({.field = {.name = change.name, .value = change.value}});
}

void Header::insert(const InsertField& change) {
  const bool above = change.index <= ours_;
  const std::size_t place =
      above ? change.index : std::min<std::size_t>(change.index - 1U, entries_.size());
  if (above) ++ours_;
  entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(place),
                  {.field = {.name = change.name, .value = change.value}});
}

Header::Outcome Header::change(const ChangeField& change) {
  std::uint32_t left = std::max<std::uint32_t>(change.index, 1);
  const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) {
    return iequals(entry.field.name, change.name) && --left == 0;
  });
  const bool there = found != entries_.end();
  if (change.value.empty()) {
    if (!there || std::exchange(found->deleted, true)) return {};
    return {.did = Did::deleted, .old = found->field.value};
  }
  if (!there) {
    add({change.name, change.value});
    return {.did = Did::added, .old = {}};
  }
  found->deleted = false;
  return {.did = Did::changed, .old = std::exchange(found->field.value, change.value)};
}

std::string Header::text(std::size_t from, std::size_t to) const {
  std::string out;
  for (std::size_t i = from; i < to; ++i) {
    if (!entries_[i].deleted) out += entries_[i].field.text();
  }
  return out;
}

std::string Header::above() const { return text(0, ours_); }
std::string Header::below() const { return text(ours_, entries_.size()); }

}  // namespace signet::milter
