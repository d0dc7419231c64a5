// The header of a message that filters may change: sendmail's rules about which field an index
// means. Fields that nobody touches are written as they came. Values only.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "signet/mail/header_section.h"
#include "signet/milter/change.h"

namespace signet::milter {

class Header final {
 public:
  explicit Header(std::vector<mail::Field> fields);

  // Another filter counts anew: what was deleted is forgotten.
  void begin_filter();
  // From begin_filter() to the first change: what the filter is shown.
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const mail::Field& operator[](std::size_t at) const { return entries_[at].field; }

  void add(const AddField& change);
  // 0: in front of all, 1: behind our Received: field, which stands first; then on from there.
  void insert(const InsertField& change);
  enum class Did { changed, added, deleted, nothing };
  struct Outcome {
    Did did = Did::nothing;
    std::string old;  // the value that was there
  };
  // A field that is not there is added; one that was deleted still counts for the filter.
  Outcome change(const ChangeField& change);

  // As text, each field with its line end: what stands above our own Received: field, and below.
  [[nodiscard]] std::string above() const;
  [[nodiscard]] std::string below() const;

 private:
  struct Entry {
    mail::Field field;
    bool deleted = false;
  };
  [[nodiscard]] std::string text(std::size_t from, std::size_t to) const;

  std::vector<Entry> entries_;
  std::size_t ours_ = 0;  // so many stand above our Received:
};

}  // namespace signet::milter
