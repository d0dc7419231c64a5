// Settings about addresses, header fields, aliases, local mail and name look-ups.
#include <array>

#include "conf/store.h"

namespace signet::conf {
namespace {

using enum Effect;

Problem mailbox_format(Target& target, const Value& value) {
  const bool mbox = value.text == "mbox";
  target.config.mailbox_format = mbox ? MailboxFormat::mbox : MailboxFormat::maildir;
  return std::nullopt;
}

Problem mailbox_users(Target& target, const Value& value) {
  constexpr std::string_view kFile = "file:";
  auto& to = target.config.mailbox_users;
  if (value.text == "pw") {
    to = {};
  } else if (value.text.starts_with(kFile) && value.text.size() > kFile.size()) {
    to = {MailboxUsers::Kind::file, value.text.substr(kFile.size())};
  } else {
    return "must be pw or file:PATH";
  }
  return std::nullopt;
}

Problem ldap_defaults(Target& target, const Value& value) {
  auto spec = parse_ldap_defaults(value.text);
  if (!spec) return spec.error();
  target.config.ldap_defaults = std::move(*spec);
  return std::nullopt;
}

Problem no_recipient_action(Target& target, const Value& value) {
  using enum NoRecipientAction;
  auto& to = target.config.no_recipient_action;
  to = none;
  if (value.text == "add-to") to = add_to;
  if (value.text == "add-apparently-to") to = add_apparently_to;
  if (value.text == "add-bcc") to = add_bcc;
  if (value.text == "add-to-undisclosed") to = add_to_undisclosed;
  return std::nullopt;
}

Problem from_line(Target& target, const Value& value) {
  std::string_view rest = value.text;
  for (auto at = rest.find('$'); at != std::string_view::npos; at = rest.find('$')) {
    rest.remove_prefix(at + 1);
    if (!rest.starts_with('g') && !rest.starts_with('d')) return "knows $g and $d only";
  }
  target.config.from_line = value.text;
  return std::nullopt;
}

constexpr std::array kMessageSettings = std::to_array<Setting>({
    {"MailboxDatabase", "confMAILBOX_DATABASE", Kind::text, "pw", "",
     "Who has a mailbox: pw (the system's users) or file:PATH with one name a line.", works,
     mailbox_users},
    {"MailboxDirectory", "confMAILBOX_DIR", Kind::text, "/var/mail", "",
     "Folder of the mailboxes. Signet's own.", works, into<&Config::mailbox_directory>},
    {"MailboxFormat", "confMAILBOX_FORMAT", Kind::choice, "mbox", "mbox maildir",
     "mbox: one file a user; maildir: one folder a user. Signet's own.", works, mailbox_format},
    {"AliasFile", "ALIAS_FILE", Kind::text, "/etc/mail/aliases", "",
     "Alias maps, a comma between two: FILE, hash:FILE, ldap:, TYPE:FLAGS and so on; -o before "
     "FILE: may be missing.",
     works, into<&Config::alias_file>},
    {"AliasWait", "confALIAS_WAIT", Kind::duration, "10m", "m",
     "Wait for an alias map that is being built.", meaningless},
    {"CheckAliases", "confCHECK_ALIASES", Kind::flag, "False", "",
     "newaliases refuses entries whose right side is no list of addresses.", works,
     into<&Config::check_aliases>},
    {"MaxAliasRecursion", "confMAX_ALIAS_RECURSION", Kind::number, "10", "1..100",
     "Aliases that name aliases: how deep.", works, into<&Config::max_alias_recursion>},
    {"MeToo", "confME_TOO", Kind::flag, "True", "", "Senders get mail to lists they are on.",
     meaningless},
    {"ForwardPath", "confFORWARD_PATH", Kind::text, "$z/.forward", "",
     "Where .forward files are, a colon between two; $z home, $u user, $h detail, $w host; empty: "
     "nowhere.",
     works, into<&Config::forward_path>},
    {"SafeFileEnvironment", "confSAFE_FILE_ENV", Kind::text, "", "",
     "Folder below which mail may be written to files.", works,
     into<&Config::safe_file_environment>},
    {"SmrshDirectory", "confSMRSH_DIR", Kind::text, "/usr/lib/sm.bin", "",
     "Folder of the programs that FEATURE(`smrsh') lets run. Signet's own.", works,
     into<&Config::smrsh_directory>},
    {"MatchGECOS", "confMATCH_GECOS", Kind::flag, "False", "", "Full names as addresses.",
     meaningless},
    {"UserDatabaseSpec", "confUSERDB_SPEC", Kind::text, "", "", "User database; there is none.",
     meaningless},
    {"UnixFromLine", "confFROM_LINE", Kind::text, "From $g $d", "",
     "First line of mail for files and programs; $g: the sender, $d: the date.", works, from_line},
    {"SaveFromLine", "confSAVE_FROM_LINES", Kind::flag, "False", "",
     "Keep a From line at the start of mail that the sendmail command takes.", works,
     into<&Config::save_from_line>},
    {"NoRecipientAction", "confNO_RCPT_ACTION", Kind::choice, "none",
     "none add-to add-apparently-to add-bcc add-to-undisclosed",
     "What is put into a message without To, Cc, Bcc: nothing, those of the envelope, an empty "
     "Bcc, or undisclosed-recipients.",
     works, no_recipient_action},
    {"EightBitMode", "confEIGHT_BIT_HANDLING", Kind::choice, "pass8", "pass8 mimify strict",
     "Content is never converted: eight-bit content goes on as it is.", meaningless},
    {"SevenBitInput", "confSEVEN_BIT_INPUT", Kind::flag, "False", "", "Strip the eighth bit.",
     meaningless},
    {"EightBitAddrOK", "", Kind::flag, "False", "",
     "Addresses with eight-bit octets are refused: few hosts would take them.", meaningless},
    {"SmtpUTF8", "", Kind::flag, "False", "", "The SMTPUTF8 extension.", later},
    {"DefaultCharSet", "confDEF_CHAR_SET", Kind::text, "unknown-8bit", "",
     "Character set of unlabelled eight-bit content.", meaningless},
    {"MaxMimeHeaderLength", "confMAX_MIME_HEADER_LENGTH", Kind::text, "", "",
     "Longest MIME header field and parameter; the header goes on as it came.", meaningless},
    {"SingleLineFromHeader", "confSINGLE_LINE_FROM_HEADER", Kind::flag, "False", "",
     "Join a From: field to one line.", meaningless},
    {"OldStyleHeaders", "confOLD_STYLE_HEADERS", Kind::flag, "True", "",
     "Blanks may separate addresses.", meaningless},
    {"ColonOkInAddr", "confCOLON_OK_IN_ADDR", Kind::flag, "True", "",
     "Colons may stand in addresses.", meaningless},
    {"BlankSub", "confBLANK_SUB", Kind::text, ".", "", "What replaces blanks in addresses.",
     meaningless},
    {"OperatorChars", "confOPERATORS", Kind::text, ".:%@!^/[]+", "",
     "Characters that separate tokens of addresses.", meaningless},
    {"MustQuoteChars", "confMUST_QUOTE_CHARS", Kind::text, ".", "",
     "Characters that need quotes in a display name.", meaningless},
    {"DontPruneRoutes", "confDONT_PRUNE_ROUTES", Kind::flag, "False", "",
     "Source routes are refused.", meaningless},
    {"DontExpandCnames", "confDONT_EXPAND_CNAMES", Kind::flag, "True", "",
     "Domains are never replaced by what DNS says they stand for.", meaningless},
    {"DontProbeInterfaces", "confDONT_PROBE_INTERFACES", Kind::choice, "True",
     "True False loopback", "Names of network interfaces are not added to the local domains.",
     meaningless},
    {"AddBcc", "", Kind::flag, "False", "", "Blind copies, as FEATURE(bcc) says.", later},
    {"UseCompressedIPv6Addresses", "confUSE_COMPRESSED_IPV6_ADDRESSES", Kind::flag, "False", "",
     "IPv6 addresses with :: in keys of the access map; the log has none.", works,
     into<&Config::compressed_ipv6>},
    {"ResolverOptions", "confBIND_OPTS", Kind::text, "", "",
     "Flags of the C library's resolver; another one is used.", meaningless},
    {"NameSearchList", "", Kind::text, "", "", "Domains are always complete.", meaningless},
    {"ServiceSwitchFile", "confSERVICE_SWITCH_FILE", Kind::text, "", "",
     "Where names are looked up: DNS.", meaningless},
    {"HostsFile", "confHOSTS_FILE", Kind::text, "", "", "Where /etc/hosts is.", meaningless},
    {"LDAPDefaultSpec", "confLDAP_DEFAULT_SPEC", Kind::text, "", "",
     "Flags of all LDAP maps: -h host, -b base and so on.", works, ldap_defaults},
});

}  // namespace

std::span<const Setting> message_settings() { return kMessageSettings; }

}  // namespace signet::conf
