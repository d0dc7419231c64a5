// "hash -o -T<TMPF> /etc/mail/access": what a map is, as features and K lines name it.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "signet/conf/ldap_spec.h"

namespace signet::conf {

struct MapSpec {
  std::string type;  // "hash" "btree" "text" "regex" "sequence" "socket" "dns" "ldap" "null"
  // Hash, btree: without .db. Regex: the expression. Socket: "inet:PORT@HOST" or "unix:PATH".
  std::string file;
  bool optional = false;         // -o: a missing file is an empty map
  std::string on_temporary;      // -T: answer when the map fails, "<TMPF>"
  bool failure_is_none = false;  // -t: a map that fails holds nothing
  std::string append;            // -a: put behind each answer
  bool keep_case = false;        // -f: keys are not folded to lower case
  bool match_only = false;       // -m: the answer is the key
  // text only
  int key_column = 0;
  int value_column = 1;
  std::string delimiter;  // -z: text: of columns, empty: white space; others: between values
  // dns only
  std::string record_type;      // -R: "MX"
  std::string domain;           // -B: behind each key
  int tries = 1;                // -r
  std::size_t most_values = 0;  // -Z; 0: all
  // regex only
  bool no_match = false;             // -n: found is what does not match
  bool basic = false;                // -b: a basic expression
  bool takes_parts = false;          // -s: the answer is what the parts of the expression match
  std::vector<int> parts;            // which; none: all of them
  std::string joint = "$|";          // -d: stands between parts
  LdapSpec ldap;                     // ldap only
  std::string name;                  // socket only: of its K line; the server is asked for this map
  std::chrono::seconds timeout{0};   // socket, dns: -d; 0: the default
  std::vector<std::string> members;  // sequence only: names of K lines, asked in this order
  std::vector<MapSpec> maps;         // sequence only: what they name; known when all is read

  bool operator==(const MapSpec&) const = default;
};

// `remarks`: about flags that are accepted without effect; may be null.
[[nodiscard]] std::expected<MapSpec, std::string> parse_map_spec(
    std::string_view text, std::vector<std::string>* remarks = nullptr);

}  // namespace signet::conf
