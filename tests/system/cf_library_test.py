"""cf/ against sendmail's own m4 library: one small mc for each name that it has, in the usual forms and orders; what
`signet mc` makes of it means what m4 and sendmail-cf make of it, or is refused where `REFUSED` says so.

The oracle is unpacked by tools/peers; without it this is skipped. SIGNET_CASE=TEXT: only cases whose name has it."""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from cf_meaning import differences
from harness import BIN, PEERS, SOURCE

THEIRS = PEERS / "usr/share/sendmail/cf"
INSTALLED = "/usr/share/sendmail/cf"   # how Debian's files call their own folder
HEAD = "divert(0)dnl\nVERSIONID(`a site')dnl\nOSTYPE(`linux')dnl\n"
ACCESS = "FEATURE(`access_db')dnl\n"
MAILERS = "MAILER(`local')dnl\nMAILER(`smtp')dnl\n"

MAPS = ("access_db", "mailertable", "virtusertable", "genericstable", "domaintable", "authinfo", "bitdomain", "uucpdomain")
SPECS = ("hash /etc/mail/some", "hash -o /etc/mail/some.db", "hash -T<TMPF> -o /etc/mail/some", "btree /var/x", "text -o /var/x",
         "dbm /etc/mail/some", "sequence one two", "socket -T<TMPF> inet:7@127.0.0.1", "regex -a@MATCH ^x$", "LDAP",
         "ldap:-1 -v mail -k (uid=%0)", "hash -m -f -N /etc/mail/some", "hash -z, -k1 /x", "nis -o mail.some", "null", "hash")
# What else a feature is given besides nothing.
ARGUMENTS = {
    "access_db": ["`', `skip'", "`hash -T<TMPF> /a', `lookupdotdomain', `relaytofulladdress'"],
    "always_add_domain": ["`example.org'"], "authinfo": [], "badmx": ["`^(127\\.|10\\.)'"], "bcc": ["`access'", "`hash /b', `tag'"],
    "bestmx_is_local": ["`example.org'"], "check_other": ["`^x'"], "conncontrol": ["`nodelay'", "`nodelay', `terminate'", "`', `terminate'"],
    "delay_checks": ["`friend'", "`hater'", "`friend', `n'", "`F'"], "dnsbl": ["`a.test'", "`a.test', `\"550 no \" $&{client_addr}'", "`a.test', `', `t'", "`a.test', `quarantine'"],
    "enhdnsbl": ["`a.test'", "`a.test', `', `t', `127.0.0.1.', `127.0.0.2.'"], "rhsbl": ["`a.test', `no', `t'"], "mtamark": ["`no', `t'"],
    "greet_pause": ["`5000'", "5000"], "ldap_routing": ["`ldap -1 -v a', `ldap -1 -v b', `bounce', `preserve', `nodomain', `tempfail'", "`', `', `passthru'"],
    "local_lmtp": ["`/x/lmtp'", "`/x/lmtp', `lmtp -l'"], "local_procmail": ["`/x/procmail'", "`/x/procmail', `procmail -t -Y -a $h -d $u'", "`/x/p', `maildrop -d $u', `SPfhn'", "`', `procmail -Y -a $h -d $u'", "`/x/procmail',`procmail -t -Y -a $h -d $u'"],
    "masquerade_envelope": [], "msp": ["`[127.0.0.1]'", "`mail.example.org'", "`mail.example.org', `MSA'", "`[127.0.0.1]',`MSA'"],
    "nocanonify": ["`canonify_hosts'"], "nopercenthack": ["`reject'"], "nouucp": ["`reject'", "`nospecial'"],
    "nullclient": ["`mail.example.org'", "`mail.$m'", "`[192.0.2.1]'"], "prefixmod": ["`x', `y'"], "queuegroup": ["`some'"],
    "ratecontrol": ["`nodelay'", "`nodelay', `terminate'"], "relay_mail_from": ["`domain'"], "smrsh": ["`/usr/sbin/smrsh'", "/usr/sbin/smrsh"],
    "sts": ["`', `NO_SAN_TST'", "`socket -d5 -T<TMPF> inet:1@127.0.0.1'"], "use_cw_file": ["`/etc/mail/other'"], "virtusertable": [], "domainmap": ["`a.test', `hash -o /x'"],
    "drac": ["`hash /x/drac'"], "preserve_luser_host": [], "compat_check": [], "allmasquerade": ["`x'"], "vnet": [],
}
NEEDS_ACCESS = {"bcc", "blacklist_recipients", "blocklist_recipients", "compat_check", "conncontrol", "greet_pause", "lookupdotdomain", "queuegroup",
                "ratecontrol", "relay_mail_from"}
OWN_MAILERS = {"msp", "nullclient"}   # these bring the mailers along

# Other names and orders, each the text between HEAD and MAILERS.
SOME = {
    "daemon options, several": "DAEMON_OPTIONS(`Port=smtp, Name=MTA')dnl\nDAEMON_OPTIONS(`Port=587, Name=MSA, M=Ea')dnl\nDAEMON_OPTIONS(`Family=inet6, Name=MTA6, Modifiers=O')dnl\nFEATURE(`no_default_msa')dnl\n",
    "daemon options without quotes": "DAEMON_OPTIONS(`Name=MTA')\nDAEMON_OPTIONS(Name=MTA2)dnl\n",
    "daemon options with more arguments": "DAEMON_OPTIONS(`Name=MTA', `Port=26')dnl\nDAEMON_OPTIONS(Port=smtp,Name=MTA3)dnl\n",
    "daemon options over lines": "DAEMON_OPTIONS(`Name=MTA,\n  Port=26')dnl\n",
    "client options": "CLIENT_OPTIONS(`Family=inet, Address=127.0.0.1')dnl\nCLIENT_OPTIONS(`Family=inet6, Addr=::1')dnl\n",
    "old port defines": "define(`confDAEMON_OPTIONS', `Port=27')dnl\ndefine(`confCLIENT_OPTIONS', `Family=inet')dnl\n",
    "local domain": "LOCAL_DOMAIN(`a.test b.test')dnl\nLOCAL_DOMAIN(`c.test')dnl\nLOCAL_DOMAIN(d.test, e.test)dnl\n",
    "relay domain": "RELAY_DOMAIN(`a.test 192.0.2')dnl\nRELAY_DOMAIN_FILE(`/etc/mail/relay')dnl\n",
    "relay file, own": "define(`confCR_FILE', `-o /etc/mail/other')dnl\n",
    "relay file, undefined": "undefine(`confCR_FILE')dnl\n",
    "masquerade": "MASQUERADE_AS(`a.test')dnl\nMASQUERADE_DOMAIN(`b.test')dnl\nMASQUERADE_DOMAIN_FILE(`/x')dnl\nMASQUERADE_EXCEPTION(`c.b.test')dnl\nMASQUERADE_EXCEPTION_FILE(`/y')dnl\nEXPOSED_USER(`root admin')dnl\nEXPOSED_USER_FILE(`/z')dnl\n",
    "masquerade twice": "MASQUERADE_AS(`a.test')dnl\nMASQUERADE_AS(`b.test')dnl\n",
    "masquerade without quotes": "MASQUERADE_AS(a.test)\n",
    "masquerade as nothing": "MASQUERADE_AS(`')dnl\n",
    "generics domains": "GENERICS_DOMAIN(`a.test')dnl\nGENERICS_DOMAIN_FILE(`/x')dnl\nFEATURE(`genericstable')dnl\nFEATURE(`generics_entire_domain')dnl\n",
    "virtual domains": "FEATURE(`virtusertable')dnl\nVIRTUSER_DOMAIN(`a.test')dnl\nVIRTUSER_DOMAIN_FILE(`/x')dnl\nFEATURE(`virtuser_entire_domain')dnl\n",
    "canonify domains": "FEATURE(`nocanonify')dnl\nCANONIFY_DOMAIN(`a.test')dnl\nCANONIFY_DOMAIN_FILE(`/x')dnl\n",
    "ldap domains": "LDAPROUTE_DOMAIN(`a.test')dnl\nLDAPROUTE_DOMAIN_FILE(`/x')dnl\nLDAPROUTE_EQUIVALENT(`b.test')dnl\nLDAPROUTE_EQUIVALENT_FILE(`/y')dnl\nFEATURE(`ldap_routing')dnl\n",
    "local users": "LOCAL_USER(`root')dnl\nLOCAL_USER_FILE(`/x')dnl\ndefine(`MAIL_HUB', `hub.test')dnl\n",
    "class file with -o": "MASQUERADE_DOMAIN_FILE(`-o /x')dnl\nRELAY_DOMAIN_FILE(`-o /etc/mail/relay %[^\\#]')dnl\n",
    "trusted mechanisms": "TRUST_AUTH_MECH(`LOGIN PLAIN')dnl\ndefine(`confAUTH_MECHANISMS', `LOGIN PLAIN')dnl\n",
    "queue groups": "QUEUE_GROUP(`slow', `P=/var/spool/mqueue/slow, I=1h')dnl\nQUEUE_GROUP(`a',`Path=/var/x,Interval=1m,F=f')dnl\n",
    "mail filters": "INPUT_MAIL_FILTER(`one', `S=local:/run/one.sock, F=T, T=S:4m;R:4m')dnl\nMAIL_FILTER(`two', `S=inet:8891@localhost')dnl\n",
    "two input filters": "INPUT_MAIL_FILTER(`one', `S=local:/a')dnl\nINPUT_MAIL_FILTER(`two', `S=inet:1@localhost, F=R')dnl\n",
    "filters named by hand": "MAIL_FILTER(`one', `S=local:/a')dnl\nMAIL_FILTER(`two', `S=local:/b')dnl\ndefine(`confINPUT_MAIL_FILTERS', `two,one')dnl\n",
    "filter macros of the site": "INPUT_MAIL_FILTER(`one', `S=local:/a')dnl\ndefine(`confMILTER_MACROS_CONNECT', `b, j, _')dnl\ndefine(`confMILTER_MACROS_ENVRCPT', confMILTER_MACROS_ENVRCPT`, i')dnl\ndefine(`confMILTER_LOG_LEVEL', `9')dnl\n",
    "filter macros without a filter": "define(`confMILTER_MACROS_CONNECT', `b, j')dnl\ndefine(`confMILTER_LOG_LEVEL', `9')dnl\n",
    "flags added": "MODIFY_MAILER_FLAGS(`LOCAL', `+S')dnl\nMODIFY_MAILER_FLAGS(`LOCAL', `-9')dnl\nMODIFY_MAILER_FLAGS(`SMTP', `+R')dnl\nMODIFY_MAILER_FLAGS(`ESMTP', `-a')dnl\n",
    "flags set": "MODIFY_MAILER_FLAGS(`LOCAL', `lsDFM')dnl\nMODIFY_MAILER_FLAGS(`RELAY', `mDF')dnl\n",
    "flags by defines": "define(`LOCAL_MAILER_FLAGS', `Px')dnl\ndefine(`SMTP_MAILER_FLAGS', `Y')dnl\ndefine(`RELAY_MAILER_FLAGS', `Z')dnl\ndefine(`LOCAL_SHELL_FLAGS', `e')dnl\n",
    "limits of mailers": "define(`LOCAL_MAILER_MAX', `1000')dnl\ndefine(`SMTP_MAILER_MAX', `2000')dnl\ndefine(`SMTP_MAILER_MAXMSGS', `5')dnl\ndefine(`SMTP_MAILER_MAXRCPTS', `6')dnl\ndefine(`SMTP_MAILER_CHARSET', `x')dnl\ndefine(`RELAY_MAILER_MAXMSGS', `7')dnl\ndefine(`RELAY_MAILER_CHARSET', `y')dnl\ndefine(`LOCAL_MAILER_CHARSET', `z')dnl\ndefine(`LOCAL_MAILER_MAXMSGS', `1')dnl\ndefine(`LOCAL_MAILER_MAXRCPTS', `2')dnl\ndefine(`LOCAL_MAILER_EOL', `\\n')dnl\ndefine(`SMTP_MAILER_LL', `99')dnl\ndefine(`RELAY_MAILER_LL', `98')dnl\n",
    "programs of mailers": "define(`LOCAL_MAILER_PATH', `/x/deliver')dnl\ndefine(`LOCAL_MAILER_ARGS', `deliver -d $u')dnl\ndefine(`LOCAL_SHELL_PATH', `/x/sh')dnl\ndefine(`LOCAL_SHELL_ARGS', `sh -c $u')dnl\ndefine(`LOCAL_SHELL_DIR', `/tmp')dnl\ndefine(`LOCAL_MAILER_DSN_DIAGNOSTIC_CODE', `SMTP')dnl\n",
    "ports of mailers": "define(`RELAY_MAILER_ARGS', `TCP $h 587')dnl\ndefine(`ESMTP_MAILER_ARGS', `TCP $h 26')dnl\ndefine(`SMTP_MAILER_ARGS', `TCP $h 26')dnl\ndefine(`SMTP8_MAILER_ARGS', `TCP $h 26')dnl\ndefine(`DSMTP_MAILER_ARGS', `TCP $h 26')dnl\n",
    "queue groups of mailers": "define(`LOCAL_MAILER_QGRP', `a')dnl\ndefine(`SMTP_MAILER_QGRP', `b')dnl\n",
    "relays": "define(`SMART_HOST', `[smart.test]')dnl\ndefine(`MAIL_HUB', `hub.test')dnl\ndefine(`LOCAL_RELAY', `relay.test')dnl\ndefine(`LUSER_RELAY', `local:someone')dnl\n",
    "pseudo domains": "define(`UUCP_RELAY', `u.test')dnl\ndefine(`BITNET_RELAY', `b.test')dnl\ndefine(`DECNET_RELAY', `d.test')dnl\ndefine(`FAX_RELAY', `f.test')dnl\n",
    "smart host twice, taken back": "define(`SMART_HOST', `a.test')dnl\ndefine(`SMART_HOST', `b.test')dnl\ndefine(`MAIL_HUB', `h')dnl\nundefine(`MAIL_HUB')dnl\n",
    "settings folder in front": "define(`MAIL_SETTINGS_DIR', `/opt/mail/')dnl\nFEATURE(`access_db')dnl\nFEATURE(`mailertable')dnl\nFEATURE(`use_cw_file')dnl\nFEATURE(`use_ct_file')dnl\n",
    "settings folder behind": "FEATURE(`access_db')dnl\nFEATURE(`mailertable')dnl\nFEATURE(`use_cw_file')dnl\ndefine(`MAIL_SETTINGS_DIR', `/opt/mail/')dnl\n",
    "map type in front": "define(`DATABASE_MAP_TYPE', `btree')dnl\nFEATURE(`access_db')dnl\nFEATURE(`mailertable')dnl\nFEATURE(`virtusertable', DATABASE_MAP_TYPE` -o /x')dnl\n",
    "map type behind": "FEATURE(`access_db')dnl\nFEATURE(`mailertable')dnl\ndefine(`DATABASE_MAP_TYPE', `btree')dnl\n",
    "names of files": "define(`confCW_FILE', `-o /x/names')dnl\nFEATURE(`use_cw_file')dnl\ndefine(`confCT_FILE', `-o /x/trusted')dnl\nFEATURE(`use_ct_file')dnl\ndefine(`ALIAS_FILE', `/etc/aliases')dnl\ndefine(`HELP_FILE', `/x/help')dnl\ndefine(`STATUS_FILE', `/x/status')dnl\ndefine(`QUEUE_DIR', `/x/q')dnl\n",
    "file of names behind its feature": "FEATURE(`use_cw_file')dnl\ndefine(`confCW_FILE', `/x/names')dnl\n",
    "files without their features": "define(`confCW_FILE', `/x/names')dnl\ndefine(`confCT_FILE', `/x/trusted')dnl\n",
    "no aliases": "undefine(`ALIAS_FILE')dnl\n",
    "two alias files": "define(`ALIAS_FILE', `/etc/aliases, hash:/etc/mail/more')dnl\n",
    "own name": "define(`confDOMAIN_NAME', `$w.a.test')dnl\ndefine(`confCF_VERSION', `one')dnl\ndefine(`confMAILER_NAME', `DAEMON')dnl\n",
    "message timeout": "define(`confMESSAGE_TIMEOUT', `3d/2h')dnl\n",
    "message timeout, one": "define(`confMESSAGE_TIMEOUT', `3d')dnl\n",
    "time zones": "define(`confTIME_ZONE', `USE_TZ')dnl\n", "time zone": "define(`confTIME_ZONE', `UTC')dnl\n",
    "taken back": "define(`confLOG_LEVEL', `14')dnl\nundefine(`confLOG_LEVEL')dnl\nundefine(`confTO_QUEUERETURN')dnl\n",
    "empty value": "define(`confPRIVACY_FLAGS', `')dnl\ndefine(`confFORWARD_PATH', `')dnl\ndefine(`confDOUBLE_BOUNCE_ADDRESS', `')dnl\ndefine(`confDF_BUFFER_SIZE')dnl\n",
    "value of another": "define(`DIR', `/etc/mail/certs')dnl\ndefine(`confCACERT_PATH', `DIR')dnl\ndefine(`confCACERT', DIR`/ca.pem')dnl\ndefine(`confSERVER_CERT', `DIR/a.pem')dnl\ndefine(`DIR', `/other')dnl\n",
    "doubled quotes": "define(`confSMTP_LOGIN_MSG', ``$j ESMTP'')dnl\ndefine(`confTO_IDENT', ``0'')dnl\nFEATURE(``use_cw_file'')dnl\nOSTYPE\n",
    "no quotes": "define(confLOG_LEVEL, 14)dnl\ndefine(confTO_IDENT,0s)\nFEATURE(use_cw_file)\nFEATURE(access_db, hash -T<TMPF> /etc/mail/access)\n",
    "blanks in front of arguments": "define( `confLOG_LEVEL',   `14')dnl\nFEATURE( `mailertable',\n   `hash -o /x')dnl\nMASQUERADE_AS( `a.test')dnl\n",
    "a quote too many": "define(`confMAX_DAEMON_CHILDREN', 50'')dnl\ndefine(`confBAD_RCPT_THROTTLE', `3'')dnl\n",
    "comment with a call": "# define(`confLOG_LEVEL', `14')\n# FEATURE(`use_cw_file')dnl\n#\n# text only\n",
    "comment with dnl eats the next": "#define(`confTO_IDENT', `0')dnl\nO MaxHopCount=7\n",
    "dnl lines": "dnl define(`confLOG_LEVEL', `14')\ndnl FEATURE(`nothing')\ndnl #\n",
    "thrown away": "divert(-1)\ntext ` quoted ' and # define(`confLOG_LEVEL', `14')\ndefine(`confTO_IDENT', `0')\nFEATURE(`use_cw_file')\nLOCAL_DOMAIN(`a.test')\ndivert(0)dnl\n",
    "conditions": "ifdef(`confLOG_LEVEL', `define(`confTO_IDENT', `1')', `define(`confTO_IDENT', `2')')dnl\nifdef(`confNOT', , `define(`confTO_QUIT', `3m')')dnl\nifelse(DATABASE_MAP_TYPE, `hash', `define(`confTO_RSET', `4m')')dnl\n",
    "conditions on features": "FEATURE(`access_db')dnl\nifdef(`_ACCESS_TABLE_', `define(`confTO_IDENT', `1')')dnl\nifdef(`_NO_MSA_', `', `define(`confTO_QUIT', `3m')')dnl\n",
    "defaults in front of the site's": "define(`confPRIVACY_FLAGS', defn(`confPRIVACY_FLAGS')`,novrfy')dnl\ndefine(`confDONT_BLAME_SENDMAIL', ifdef(`confDONT_BLAME_SENDMAIL', `defn(`confDONT_BLAME_SENDMAIL'),')`GroupWritableDirPathSafe')dnl\n",
    "own lines": "LOCAL_CONFIG\nO MaxHopCount=30\nCw x.test\nDMm.test\nFw/x/y\nKown hash -o /x/own\nDnDAEMON\nLOCAL_RULESETS\n",
    "own lines at once": "Cwx.test\nO MaxHopCount=30\nDj$w.a.test\n",
    "own trusted users": "LOCAL_CONFIG\nTmajordomo\nCt news\n", "trusted users": "define(`confTRUSTED_USERS', `a b')dnl\n",
    "TLS": "define(`confCACERT_PATH', `/c')dnl\ndefine(`confCACERT', `/c/ca')dnl\ndefine(`confSERVER_CERT', `/c/s')dnl\ndefine(`confSERVER_KEY', `/c/k')dnl\ndefine(`confCLIENT_CERT', `/c/s')dnl\ndefine(`confCLIENT_KEY', `/c/k')dnl\ndefine(`confCRL', `/c/crl')dnl\ndefine(`confTLS_SRV_OPTIONS', `V')dnl\ndefine(`confCIPHER_LIST', `HIGH')dnl\nLOCAL_CONFIG\nO ServerSSLOptions=+SSL_OP_NO_SSLv3\n",
    "replies": "define(`confREJECT_MSG', `550 no')dnl\ndefine(`confRELAY_MSG', `550 not here')dnl\ndefine(`confRCPTREJ_MSG', `550 not he')dnl\n",
    "a network's lines": "LOCAL_NET_CONFIG\nLOCAL_CONFIG\n",
    "version with more": "VERSIONID(`two, with a comma')\nVERSIONID(three)dnl\n",
    "eight bits": "# \xe4\xf6\xfc\ndnl \xe9\ndefine(`confSMTP_LOGIN_MSG', `$j gr\xfc\xdfe')dnl\n",
    "feature of a domain": "DOMAIN(`generic')dnl\ndefine(`confFORWARD_PATH', `')dnl\n",
    "names ahead of its domain": "define(`confMAX_HEADERS_LENGTH', `1000')dnl\nDOMAIN(`generic')dnl\n",
    "mailers of other names": "define(`confSMTP_MAILER', `smtp8')dnl\ndefine(`confLOCAL_MAILER', `cyrusv2')dnl\ndefine(`confRELAY_MAILER', `esmtp')dnl\ndefine(`confUUCP_MAILER', `suucp')dnl\nMAILER(`cyrusv2')dnl\n",
    "headers": "define(`confFROM_HEADER', `<$g>')dnl\ndefine(`confMESSAGEID_HEADER', `<$i@$j>')dnl\ndefine(`confRECEIVED_HEADER', `by $j')dnl\n",
    "hosts file": "undefine(`confHOST_STATUS_DIRECTORY')dnl\ndefine(`confHOSTS_FILE', `/x')dnl\n",
    "local procmail, then lmtp": "FEATURE(`local_procmail')dnl\nFEATURE(`local_lmtp')dnl\n",
    "local lmtp, then procmail": "FEATURE(`local_lmtp')dnl\nFEATURE(`local_procmail')dnl\n",
    "procmail by its path": "define(`PROCMAIL_MAILER_PATH', `/x/procmail')dnl\nFEATURE(`local_procmail', `', `procmail -t -Y -a $h -d $u')dnl\nMAILER(`procmail')dnl\n",
    "uucp": "MAILER(`uucp')dnl\nLOCAL_UUCP\n", "uucp sites": "SITECONFIG(`uucp.ucbvax', `ucbvax', `U')dnl\nMAILER(`uucp')dnl\n", "site": "SITECONFIG(`none', `me', `W')dnl\nSITE(`a b')\n",
    "certificates": "define(`_CERT_REGEX_ISSUER_', `-s1 x(.*)')dnl\ndefine(`_CERT_REGEX_SUBJECT_', `-s1 y(.*)')dnl\ndefine(`TLS_PERM_ERR', `1')dnl\n",
    "no IPv6 ports": "define(`_NETINET6_')dnl\n",
    "vendor": "define(`VENDOR_NAME', `Some')dnl\ndefine(`CF_LEVEL', `9')dnl\n",
    "names that only rules read": "define(`_USE_ETC_MAIL_')dnl\ndefine(`DEBIAN_MTA')dnl\ndefine(`CUSTOM', `x')dnl\ndefine(`confEBINDIR', `/x')dnl\nFEATURE(`smrsh')dnl\n",
    "cluster": "define(`confLDAP_CLUSTER', `c')dnl\ndefine(`confLDAP_DEFAULT_SPEC', `-h ldap.test -b dc=test')dnl\nFEATURE(`virtusertable', `LDAP')dnl\ndefine(`ALIAS_FILE', `ldap:')dnl\n",
}
# Whole files: what stands around matters.
WHOLE = {
    "no mailers": "OSTYPE(`linux')dnl\n",
    "no system": MAILERS, "unknown system": "OSTYPE(`unknown')dnl\n" + MAILERS,
    "mailers in the other order": HEAD + "MAILER(`smtp')dnl\nMAILER(`local')dnl\n",
    "a mailer twice": HEAD + MAILERS + "MAILER(`smtp')dnl\n",
    "smtp alone": HEAD + "MAILER(`smtp')dnl\n",
    "define behind the mailers": HEAD + MAILERS + "define(`confLOG_LEVEL', `14')dnl\ndefine(`SMART_HOST', `a.test')dnl\ndefine(`LOCAL_MAILER_PATH', `/late')dnl\n",
    "calls behind the mailers": HEAD + MAILERS + "LOCAL_DOMAIN(`a.test')dnl\nDAEMON_OPTIONS(`Name=X')dnl\nMASQUERADE_AS(`b.test')dnl\nRELAY_DOMAIN(`c')dnl\nINPUT_MAIL_FILTER(`one', `S=local:/a')dnl\n",
    "the site's own mailer": HEAD + MAILERS + "MAILER_DEFINITIONS\nMown, P=/x, F=lsD, A=own $u\n",
    "mailers over lines": HEAD + MAILERS + "MAILER_DEFINITIONS\nMown,\t\tP=/x, F=lsDFM,\n\t\tT=DNS/RFC822/X-Unix,\n\t\tA=own $u\n\n#\tcomment\n\twith more\nMtwo, P=/y,\n\tA=two\n",
    "quotes changed": HEAD + "changequote([, ])dnl\ndefine([confMUST_QUOTE_CHARS], [.'])dnl\nchangequote`'dnl\nchangequote([,])define([confTO_IDENT], [0])changequote\ndefine(`confLOG_LEVEL', `14')dnl\n" + MAILERS,
    "wrong quotes": HEAD + "define('ALIAS_FILE','/etc/aliases')dnl\nMASQUERADE_AS('a.test')dnl\nLOCAL_DOMAIN('b.test')dnl\nDAEMON_OPTIONS('Name=MTA')dnl\nFEATURE('mailertable')\n" + MAILERS,
    "unquoted names that have a value": HEAD + "define(confPRIVACY_FLAGS, `noexpn')dnl\ndefine(confDELIVERY_MODE, queue)dnl\ndefine(confTO_IDENT, `0')dnl\ndefine(confLOG_LEVEL, 14)dnl\n" + MAILERS,
    "wrong quotes of a port": HEAD + "DAEMON_OPTIONS('Port=smtp,Addr=127.0.0.1, Name=MTA')dnl\n" + MAILERS,
    "comments behind calls": HEAD + "MAILER_DEFINITIONS\nMAILER(`local') # here\nMAILER(`smtp')   # there\n",
    "system behind": "define(`confTO_IDENT', `0')dnl\ndefine(`LOCAL_MAILER_FLAGS', `x')dnl\nFEATURE(`use_cw_file')dnl\nOSTYPE(`freebsd6')dnl\n" + MAILERS,
    "debian's": "include(`/usr/share/sendmail/cf/m4/cf.m4')dnl\nOSTYPE(`debian')dnl\nDOMAIN(`debian-mta')dnl\nundefine(`confHOST_STATUS_DIRECTORY')dnl\ndefine(`confPRIVACY_FLAGS', dnl\n`needmailhelo,needexpnhelo')dnl\nFEATURE(`use_cw_file')dnl\nFEATURE(`access_db', , `skip')dnl\n" + MAILERS,
    "submission of debian": "OSTYPE(`debian')dnl\nDOMAIN(`debian-msp')dnl\nFEATURE(`msp', `[127.0.0.1]', `25')dnl\n",
    "submission with its user behind": "define(`__OSTYPE__',`')dnl\nFEATURE(`msp', `[127.0.0.1]')dnl\ndefine(`confRUN_AS_USER', `some:other')dnl\n",
    "submission, then the mailers again": HEAD + "FEATURE(`msp', `[a.test]', `1025')dnl\nFEATURE(`access_db')dnl\nFEATURE(`relay_based_on_MX')dnl\n" + MAILERS,
    "divert with a blank": "divert (-1)\nDOMAIN(generic)dnl\nOSTYPE(linux)dnl\nFEATURE(use_cw_file)dnl\nFEATURE(relay_entire_domain)\n" + MAILERS + "LOCAL_CONFIG\ndnl  a comment\nDma.test\n",
    "three arguments of a filter": HEAD + MAILERS + "INPUT_MAIL_FILTER(`one', `S=unix:/a', `T=S:30s,R:2m')\nINPUT_MAIL_FILTER(`two',`S=local:/b')dnl\n",
    "nested names of keys": HEAD + "define(`KEY', `/c/k')\ndefine(`confSERVER_KEY', `KEY')\ndefine(`confCLIENT_KEY', `confSERVER_KEY')\ndefine(`confSERVER_CERT', `/c/s')\ndefine(`confCLIENT_CERT', `confSERVER_CERT')\n" + MAILERS,
    "submission behind a hub": HEAD + "MASQUERADE_AS(`a.test')dnl\nFEATURE(`masquerade_envelope')dnl\ndefine(`confRUN_AS_USER', `x:y')dnl\ndefine(`STATUS_FILE', `/x/sendmail.st')dnl\ndefine(`confPID_FILE', `/x/pid')dnl\nDAEMON_OPTIONS(`Name=NoMTA4, Family=inet')dnl\nFEATURE(`msp', `[127.0.0.1]')dnl\ndefine(`confTO_IDENT', `0')dnl\n",
    "maps behind the mailers": "OSTYPE(bsd4.4)dnl\nDOMAIN(generic)dnl\n" + MAILERS + "MASQUERADE_AS(A.TEST)dnl\nFEATURE(mailertable, `hash -o /etc/mailertable')dnl\nFEATURE(redirect)dnl\nFEATURE(`authinfo', `hash -o /z')dnl\nFEATURE(accept_unqualified_senders)dnl\nFEATURE(accept_unresolvable_domains)dnl\nFEATURE(masquerade_envelope) FEATURE(genericstable, `hash -o /x')\nGENERICS_DOMAIN_FILE(`/y')\n",
    "byte order mark": "\u00ef\u00bb\u00bfdivert(0)dnl\n" + HEAD + MAILERS,
    "null client with more": HEAD + "define(`confTO_IDENT', `0')dnl\nFEATURE(`no_default_msa')dnl\nFEATURE(`nullclient', `h.test')dnl\nDAEMON_OPTIONS(`Name=X')dnl\n",
}
# Refused here on purpose, by a piece of the case's name: the reason.
REFUSED = {
    "procmail by its path, twice": "FEATURE(`local_procmail') behind MAILER(`local')",
    "hack msp_nullclient": "a part of Debian's package; FEATURE(`msp') and FEATURE(`nullclient') are what it is made of",
}


def call(name, arguments=""):
    return f"FEATURE(`{name}'{', ' + arguments if arguments else ''})dnl\n"


def feature_cases():
    for path in sorted((THEIRS / "feature").glob("*.m4")):
        name = path.stem
        before = ACCESS if name in NEEDS_ACCESS else ""
        before += "FEATURE(`delay_checks')dnl\n" if name in ("conncontrol", "ratecontrol") else ""
        before += "define(`LUSER_RELAY', `local:x')dnl\n" if name == "preserve_luser_host" else ""
        after = "" if name in OWN_MAILERS else MAILERS
        forms = [""] + ARGUMENTS.get(name, []) + ([f"`{spec}'" for spec in SPECS] if name in MAPS else [])
        for form in forms:
            if name in ("nullclient", "dnsbl", "enhdnsbl", "rhsbl", "prefixmod", "domainmap") and not form:
                continue
            yield f"feature {name} {form}", HEAD + before + call(name, form) + after
        if not after:
            continue
        yield f"feature {name} twice", HEAD + before + call(name, forms[-1]) + call(name, forms[-1]) + after
        yield f"feature {name} late", HEAD + before + MAILERS + call(name, forms[-1])


def define_cases():
    """Each conf name of theirs with a value of its kind, eight in one file; those of mailers one by one, with the mailer."""
    names = set()
    for path in THEIRS.rglob("*.m4"):
        names |= set(re.findall(r"`((?:conf|[A-Z0-9]+_MAILER_|LOCAL_SHELL_)[A-Z0-9_]+)'", path.read_text(errors="replace")))
    lines = {name: f"define(`{name}', `{next((one for piece, one in VALUES if re.search(piece, name)), '7')}')dnl\n" for name in sorted(names)
             if not (name.endswith("_FLAGS") and "MAILER" in name or name in OWN_FORM)}
    options = [name for name in lines if name.startswith("conf")]
    for some in (options[i:i + 8] for i in range(0, len(options), 8)):
        yield "define " + " ".join(some), HEAD + "".join(lines[name] for name in some) + MAILERS
    for name in sorted(lines.keys() - set(options)):
        yield f"define {name}", HEAD + lines[name] + MAILERS + "".join(
            f"MAILER(`{one}')dnl\n" for one in OTHER_MAILERS if name.startswith(one.upper().replace("PHQUERY", "PH") + "_"))


OTHER_MAILERS = ("procmail", "cyrus", "cyrusv2", "fax", "mail11", "phquery", "pop", "qpage", "usenet", "uucp", "ssh", "xagent")
OWN_FORM = {"confDAEMON_OPTIONS", "confCLIENT_OPTIONS", "confMESSAGE_TIMEOUT"}
VALUES = (
    ("_ARGS$", "tool -x $u"), ("_PATH$", "/x/tool"), ("PATH|FILE|DIR|CERT|CACERT|_KEY$|CRL", "/x/y"), ("^confTO_.*RETRY", "3"), ("^confTO|_WAIT|_AGE|TIMEOUT|INTERVAL|DELAY$|SIZE_WINDOW", "3m"),
    ("SEVEN|MIME_FORMAT|EXPENSIVE|ERRORS_TO|CHECK_ALIASES|OLD_STYLE|SAVE_FROM|IGNORE|SINGLE|ME_TOO|USE_MSP|SEPARATE|TRY_NULL|PRUNE|COLON|EXPAND|BOGUS|INIT|UNSAFE|SOFT|PROBE|RRT|REQUIRES|FALLBACK_TO|COMPRESSED|DANE$|REJECT_NUL|GECOS|ALTNAMES", "True"),
    ("PRIVACY", "novrfy,noexpn"), ("BLAME", "GroupWritableDirPathSafe"), ("DELIVERY_MODE", "queueonly"), ("SAFE_QUEUE", "interactive"), ("ERROR_MODE", "m"), ("EIGHT_BIT", "mimify"),
    ("SORT_ORDER", "host"), ("NO_RCPT", "add-to-undisclosed"), ("AUTH_MECH", "PLAIN LOGIN"), ("AUTH_OPT", "A p"), ("SSL_OPTIONS", "+SSL_OP_NO_SSLv3"), ("TLS_SRV", "V"), ("BIND_OPTS", "+AAONLY -DNSRCH"), ("USER_ID", "mail:mail"),
    ("FILE_MODE", "0644"), ("LOGIN_MSG|HEADER$|FROM_LINE|_MSG$", "$j some text"), ("DOMAIN_NAME", "host.a.test"), ("FALLBACK|CONNECT_ONLY|HELO_NAME", "some.test"), ("CONNECT_ONLY", "127.0.0.1"), ("MODIFIERS", "b"), ("FINGERPRINT", "sha256"),
    ("_MAILER$", "relay"), ("MILTER_MACROS", "a, b"), ("INPUT_MAIL", "one"), ("MIN_PROTOCOL", "TLSv1.2"),
    ("CHARSET|CHAR_SET|CIPHER|SPEC|ADDRESS|USER|NAME|OPERATORS|QUOTE|REALM|SOCKET|ZONE|PREFIX|CLUSTER|DATABASE|COPY|ENGINE|DROP|HEADER|OPTS|QGRP|EOL", "word"),
)


def without_site_files(text):
    """Debian's sendmail.mc reads files that its package makes at installation."""
    return re.sub(r"(?m)^include\(`/etc/.*\n", "", text)


def other_cases():
    for path in sorted((THEIRS / "ostype").glob("*.m4")):
        yield f"ostype {path.stem}", f"OSTYPE(`{path.stem}')dnl\nFEATURE(`smrsh')dnl\n" + MAILERS + "MAILER(`procmail')dnl\nMAILER(`uucp')dnl\n"
        yield f"ostype {path.stem} bare", f"OSTYPE({path.stem})\n" + MAILERS
    for path in sorted((THEIRS / "mailer").glob("*.m4")):
        yield f"mailer {path.stem}", HEAD + MAILERS + f"MAILER(`{path.stem}')dnl\n"
        yield f"mailer {path.stem} alone", HEAD + f"MAILER(`{path.stem}')dnl\n"
        upper = {"phquery": "PH", "local": "LOCAL", "smtp": "SMTP"}.get(path.stem, path.stem.upper())
        yield f"mailer {path.stem} modified", HEAD + f"MODIFY_MAILER_FLAGS(`{upper}', `+Z-x')dnl\ndefine(`{upper}_MAILER_FLAGS', `Q')dnl\ndefine(`{upper}_MAILER_QGRP', `g')dnl\n" + MAILERS + ("" if path.stem in ("local", "smtp") else f"MAILER(`{path.stem}')dnl\n")
    for path in sorted((THEIRS / "domain").glob("*.m4")):
        yield f"domain {path.stem}", HEAD + f"DOMAIN(`{path.stem}')dnl\n" + MAILERS
        yield f"domain {path.stem}, debian", f"OSTYPE(`debian')dnl\nDOMAIN({path.stem})\n" + MAILERS
    for path in sorted((THEIRS / "hack").glob("*.m4")):
        yield f"hack {path.stem}", HEAD + ACCESS + f"HACK(`{path.stem}')dnl\n" + MAILERS
    for path in sorted([*(THEIRS / "cf").glob("*.mc"), *(THEIRS / "debian").glob("*.mc")]):
        yield f"sample {path.parent.name}/{path.stem}", without_site_files(path.read_text("latin-1"))
    for name, text in SOME.items():
        yield f"some: {name}", HEAD + text + MAILERS
        if "LOCAL_" not in text.replace("LOCAL_DOMAIN", ""):
            yield f"some: {name}, twice", HEAD + text + text + MAILERS
    for name, text in WHOLE.items():
        yield f"whole: {name}", text


class CfLibrary(unittest.TestCase):
    longMessage = True

    def setUp(self):
        if not THEIRS.is_dir():
            self.skipTest("NOT COMPARED WITH SENDMAIL-CF: it is not unpacked (tools/peers)")
        if shutil.which("m4") is None:
            self.skipTest("NOT COMPARED WITH SENDMAIL-CF: there is no m4")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="signet-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        # A copy that calls itself by the place where it is.
        self.theirs = self.folder / "theirs"
        shutil.copytree(THEIRS, self.theirs)
        for path in self.theirs.rglob("*.m4"):
            text = path.read_bytes()
            path.chmod(0o644)
            path.write_bytes(text.replace(INSTALLED.encode(), str(self.theirs).encode()))

    def case(self, number, name, text):
        """What one case is held to: lines that say what is wrong."""
        folder = self.folder / str(number)
        folder.mkdir()
        mc, their_mc, cf = folder / "site.mc", folder / "theirs.mc", folder / "site.cf"
        mc.write_bytes(text.encode("latin-1"))
        their_mc.write_bytes(text.replace(INSTALLED, str(self.theirs)).encode("latin-1"))
        first = [] if "cf.m4" in text else [str(self.theirs / "m4/cf.m4")]
        theirs = subprocess.run(["m4", "-D_NO_MAKEINFO_", f"-D_CF_DIR_={self.theirs}/", *first, str(their_mc)],
                                capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        ours = subprocess.run([str(BIN / "signet"), "mc", str(mc), "-o", str(cf)], capture_output=True, timeout=60,
                              env=dict(os.environ, SIGNET_CF_DIR=str(SOURCE / "cf")))
        said = ours.stderr.decode("latin-1").replace(str(mc), "site.mc")
        if ours.returncode < 0 or ours.returncode > 127:
            return [f"died: {ours.returncode} {said}"]
        if ours.returncode != 0:
            if cf.exists():
                return ["refused, but a file was written"]
            if theirs.returncode != 0 or b"*** ERROR" in theirs.stderr and name.endswith("late"):
                return []
            if any(piece in name for piece in REFUSED):
                return [] if re.search(r":\d+: ", said) else [f"refused without a line: {said}"]
            return ["refused: " + said.strip()]
        if theirs.returncode != 0:
            return ["compiles, theirs does not: " + theirs.stderr.decode("latin-1").strip()]
        return differences(cf.read_text("latin-1"), theirs.stdout.decode("latin-1"))

    def test_every_name_means_what_it_means_to_sendmail(self):
        wanted = os.environ.get("SIGNET_CASE", "")
        cases = [case for case in (*feature_cases(), *define_cases(), *other_cases()) if wanted in case[0]]
        with concurrent.futures.ThreadPoolExecutor(2) as workers:
            results = workers.map(lambda one: (one[1][0], self.case(one[0], *one[1])), enumerate(cases))
            wrong = [f"{name}: {line}" for name, lines in results for line in lines]
        self.assertEqual(len({name for name, _ in cases}), len(cases))
        self.assertFalse(wrong, f"{len(wrong)} in {len(cases)} cases:\n" + "\n".join(wrong))


if __name__ == "__main__":
    unittest.main()
