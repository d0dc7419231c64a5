// One look-up interface over every kind of map: key in, value out. The rooms above do not know
// where an answer comes from. find() from any thread.
#pragma once

#include <bitset>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/open_file.h"
#include "signet/base/result.h"

namespace signet::table {

// Of which lengths there are networks among the keys, "10.0.0.0/9" or "connect:ipv6:2001:db8::/32".
struct Networks {
  std::bitset<33> v4;
  std::bitset<129> v6;

  [[nodiscard]] bool any() const { return v4.any() || v6.any(); }
  void note(std::string_view key);  // if it names one
  Networks& operator|=(const Networks& more) {
    v4 |= more.v4;
    v6 |= more.v6;
    return *this;
  }
};

class Table {
 public:
  virtual ~Table() = default;
  // Empty: no such key. An error is temporary: the map could not be asked (<TMPF>).
  [[nodiscard]] virtual Result<std::optional<std::string>> find(std::string_view key) const = 0;
  [[nodiscard]] virtual std::string_view name() const = 0;  // "hash:/etc/mail/access", for messages
  [[nodiscard]] virtual Networks networks() const { return {}; }
  // It asks another program: on a loop's thread find() knows only what was asked before (Ahead).
  [[nodiscard]] virtual bool waits() const { return false; }
};

// What an LDAP map asks its servers, and how.
struct LdapSpec {
  enum class Scope { base, one, subtree };
  enum class Dereference { never, searching, finding, always };  // of aliases
  // What is done with the values of an attribute: they are the answer; they name an entry to be
  // looked at; they are a filter or a URL to be asked next.
  enum class Use { value, dn, filter, url };
  struct Attribute {
    std::string name;
    Use use = Use::value;
    std::vector<std::string> classes{};  // only of entries of one of these; none: of all
    bool operator==(const Attribute&) const = default;
  };
  std::string uri{};  // one or several, blanks between; empty: as ldap.conf says
  std::string base{};
  std::string filter{};                 // %0 and %s are the key
  std::vector<Attribute> attributes{};  // none: all that an entry has
  Scope scope = Scope::subtree;
  Dereference dereference = Dereference::never;
  bool referrals = true;
  bool single = false;        // -1: several entries are none
  std::string bind_dn{};      // empty: nobody
  std::string secret_file{};  // with his password in its first line
  bool start_tls = false;     // on each connection, or it is not used; no referrals then
  // Who vouches for servers; none: whoever ldap.conf names.
  std::string ca_file{};
  std::string ca_directory{};
  std::string name_separator{};  // -V: values are "attribute" SEPARATOR "value"; empty: values
};

// A map as `K` lines and features name it.
struct Spec {
  // "hash" "btree" "text" "regex" "sequence" "socket" "dns" "ldap" "null"
  std::string type = "hash";
  std::string file{};            // hash, btree: without .db; regex: the expression; socket: where
  bool optional = false;         // -o: a missing file is an empty map
  bool keep_case = false;        // -f: keys are not folded to lower case
  bool match_only = false;       // -m: the answer is the key
  bool failure_is_none = false;  // -t: while it cannot be asked it holds nothing
  std::string append{};          // -a: put behind each answer
  // text: which columns
  int key_column = 0;
  int value_column = 1;
  // -z: text: what parts columns (empty: white space); dns, ldap: stands between values, of which
  // there is only one without it
  std::string delimiter{};
  std::size_t most_values = 0;  // -Z: dns: of one answer, ldap: entries; 0: all
  // dns, ldap: bytes of one answer; more is an error. 0: what is more than a map has room for is
  // left out.
  std::size_t longest_answer = 0;
  // regex
  struct Regex {
    bool no_match = false;     // -n: found is what does not match
    bool basic = false;        // -b: a basic expression, not an extended one
    bool takes_parts = false;  // -s: the answer is what parts of the expression match
    std::vector<int> parts{};  // which; none: all
    std::string joint = "$|";  // -d: stands between them
  };
  Regex regex{};
  struct Dns {
    std::string type{};    // -R: "MX"
    std::string domain{};  // -B: behind each key
    int tries = 1;         // -r: as often a time-out may pass
  };
  Dns dns{};
  LdapSpec ldap{};
  std::string name{};               // socket: which map the other side is asked for
  std::chrono::seconds timeout{0};  // socket, dns, ldap: for an answer; 0: five seconds
  std::vector<Spec> maps{};         // sequence: asked in this order until one answers
};

// Looks at a table's file now and re-reads it when it was changed. False: the table is gone.
using Look = std::function<bool()>;

// In place of a type of records: the MX hosts of the lowest preference.
inline constexpr std::string_view kBestMx = "best MX";

// Of a name in DNS the records of one type, as text. Waits, `patience` at most; empty: it has none.
// The code of an error is ETIMEDOUT where nobody answered so long.
struct DnsQuestion {
  std::string name;
  std::string type;  // "A" "AAAA" "AFSDB" "CNAME" "MX" "NS" "PTR" "SRV" "TXT", kBestMx
  std::chrono::seconds patience;
};
using AskDns = std::function<Result<std::vector<std::string>>(const DnsQuestion&)>;

struct Upkeep {
  OpenFile open_file = open_to_read;
  // A changed file that cannot be read for some seconds, and that it can again: a sentence for the
  // log. From any thread; may be empty.
  std::function<void(std::string_view)> tell{};
  // Takes over the looks at the file, one a second or so, from threads that may block; until then
  // nobody looks. Empty: find() looks itself, and blocks while it re-reads.
  std::function<void(Look)> keep{};
  // For maps of type dns; from any thread that may wait.
  AskDns ask_dns{};
};

// Opens now; errors: missing without `optional`, unreadable, unknown type. The file is looked at
// again (once a second) and re-read when it was changed or replaced; while the new one cannot be
// read the old one answers. Blocks on disk: start, reload.
[[nodiscard]] Result<std::shared_ptr<const Table>> open_table(const Spec& spec, Upkeep upkeep = {});

// A map that the program itself makes: `ask`, from any thread that may wait, knows what stands
// behind a key, which is in lower case. Its answers are remembered as those of other maps that
// wait.
using AskForKey = std::function<Result<std::optional<std::string>>(const std::string& key)>;
[[nodiscard]] std::shared_ptr<const Table> make_asked_table(std::string name, AskForKey ask);

}  // namespace signet::table
