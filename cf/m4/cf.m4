divert(-1)
# The m4 library of Signet, read before the site's file. What a site calls is written at once as a
# line of the cf; what it defines is written by finish.m4, when all is known. Lines that begin with @
# are for the compiler (src/conf/mc.cc): "@at LINE FILE" says where the next line comes from, the
# others report what it must judge.

define(`_m4_define', defn(`define'))
define(`_m4_undefine', defn(`undefine'))
define(`_m4_include', defn(`include'))
define(`_m4_sinclude', defn(`sinclude'))

# The place of what is written: the call in the site's file, also for what the library does for it.
_m4_define(`_enter', `ifdef(`_depth', `', `_m4_define(`_at_line', `$1')_m4_define(`_at_file', `$2')')pushdef(`_depth', `')')
_m4_define(`_leave', `popdef(`_depth')')
_m4_define(`_where', `ifdef(`_depth', `@at defn(`_at_line') defn(`_at_file')', `@at __line__ __file__')
')

# Writes one line of the cf, whatever diversion the site is in. The line is written as it is: its
# argument may hold commas and text that looks like macros of m4.
_m4_define(`_line', `pushdef(`_before', divnum)divert(0)_where`$1'
divert(_before)popdef(`_before')')

# Every definition is noted with its place, once, in order.
_m4_define(`_recorded', `')
_m4_define(`_record', `ifdef(`_line_of_$1', `', `_m4_define(`_recorded', defn(`_recorded')`_take(`$1')')')_m4_define(`_line_of_$1', `$2')_m4_define(`_file_of_$1', `$3')')
_m4_define(`define', `_m4_define(`$1', `$2')_record(`$1', __line__, __file__)')
# For the library itself: a value as if the site had defined it, and one that the site may set before.
_m4_define(`_set', `_m4_define(`$1', `$2')_record(`$1', defn(`_at_line'), defn(`_at_file'))')
_m4_define(`_default', `ifdef(`$1', `', `_set(`$1', `$2')')')
# The same for what only the library reads.
_m4_define(`_quietly', `ifdef(`$1', `', `_m4_define(`$1', `$2')')')

# Site files often name the library themselves; it is here already, and ends with divert(0).
_m4_define(`include', `ifelse(regexp(`$1', `\(^\|/\)cf\.m4$'), `-1', `_m4_include(`$1')', `divert(0)')')
_m4_define(`sinclude', `ifelse(regexp(`$1', `\(^\|/\)cf\.m4$'), `-1', `_m4_sinclude(`$1')', `divert(0)')')

_m4_define(`VERSIONID', `pushdef(`_before', divnum)divert(0)`#####' `$1'
divert(_before)popdef(`_before')')

# Reads a file of the library; one that does not note itself is not there.
_m4_define(`_library', `pushdef(`_outer', divnum)_m4_undefine(`_found')_m4_sinclude(_CF_DIR`/$1/$2.m4')ifdef(`_found', `', `_line(`@$1 $2')')divert(_outer)popdef(`_outer')')
_m4_define(`OSTYPE', `_enter(__line__, __file__)_library(`ostype', `$1')_leave()')
_m4_define(`DOMAIN', `_enter(__line__, __file__)_library(`domain', `$1')_m4_define(`_found', `')_leave()')
_m4_define(`FEATURE', `_enter(__line__, __file__)ifdef(`_mailers_begun', `_line(`@order FEATURE($1)')')_m4_define(`_arg1', `$2')_m4_define(`_arg2', `$3')_m4_define(`_arg3', `$4')_m4_define(`_arg4', `$5')_library(`feature', `$1')_m4_define(`_found', `')_leave()')
_m4_define(`MAILER', `_enter(__line__, __file__)_m4_define(`_mailers_begun', `')ifdef(`_mailer_$1', `', `_m4_define(`_mailer_$1', `')_library(`mailer', `$1')')_m4_define(`_found', `')_leave()')

# A feature's line: its name and up to four arguments, a tab between them.
_m4_define(`_tab', `	')
_m4_define(`_feature', `_m4_define(`_found', `')_line(`U $1'ifelse(`$2', `', `', `_tab`$2'')ifelse(`$3', `', `', `_tab`$3'')ifelse(`$4', `', `', `_tab`$4'')ifelse(`$5', `', `', `_tab`$5''))')
# A feature about a map, _map(FEATURE, name of the map, spec, ...): its own line and the map's.
_m4_define(`_map', `_feature(`$1', `$3', `$4', `$5', `$6')_line(`K$2 $3')')
_m4_define(`_of_first_words', `')
_m4_define(`_or', `ifelse(`$1', `', `$2', ``$1'')')

_m4_define(`DAEMON_OPTIONS', `_m4_define(`_ports_given', `')_line(`O DaemonPortOptions=$*')')
_m4_define(`CLIENT_OPTIONS', `_line(`O ClientPortOptions=$*')')
_m4_define(`TRUST_AUTH_MECH', `_line(`C{TrustAuthMech}$*')')
_m4_define(`LOCAL_DOMAIN', `_line(`Cw$1')')
_m4_define(`RELAY_DOMAIN', `_line(`CR$1')')
_m4_define(`RELAY_DOMAIN_FILE', `_line(`FR$1')')
_m4_define(`MASQUERADE_AS', `_line(`DM$1')')
_m4_define(`MASQUERADE_DOMAIN', `_line(`CM$1')')
_m4_define(`MASQUERADE_DOMAIN_FILE', `_line(`FM$1')')
_m4_define(`MASQUERADE_EXCEPTION', `_line(`CN$1')')
_m4_define(`MASQUERADE_EXCEPTION_FILE', `_line(`FN$1')')
_m4_define(`EXPOSED_USER', `_line(`CE$1')')
_m4_define(`EXPOSED_USER_FILE', `_line(`FE$1')')
_m4_define(`LOCAL_USER', `_line(`CL$1')')
_m4_define(`LOCAL_USER_FILE', `_line(`FL$1')')
_m4_define(`GENERICS_DOMAIN', `_line(`CG$1')')
_m4_define(`GENERICS_DOMAIN_FILE', `_line(`FG$1')')
_m4_define(`VIRTUSER_DOMAIN', `_line(`C{VirtHost}$1')_virtual_relay()')
_m4_define(`VIRTUSER_DOMAIN_FILE', `_line(`F{VirtHost}$1')_virtual_relay()')
_m4_define(`_virtual_relay', `ifdef(`_virtual_relayed', `', `_m4_define(`_virtual_relayed', `')_line(`CR$={VirtHost}')')')
_m4_define(`CANONIFY_DOMAIN', `_line(`C{Canonify}$1')')
_m4_define(`CANONIFY_DOMAIN_FILE', `_line(`F{Canonify}$1')')
_m4_define(`QUEUE_GROUP', `_line(`Q$1, $2')')
_m4_define(`UUCPSMTP', `_line(`@define UUCPSMTP')')

# Mail filters: a line each, and what they are told as soon as there is one.
_m4_define(`MAIL_FILTER', `_line(`X$1, $2')_told(`CONNECT', `HELO', `ENVFROM', `ENVRCPT', `EOM')')
_m4_define(`INPUT_MAIL_FILTER', `MAIL_FILTER(`$1', `$2')ifdef(`confINPUT_MAIL_FILTERS', `define(`confINPUT_MAIL_FILTERS', defn(`confINPUT_MAIL_FILTERS')`, $1')', `define(`confINPUT_MAIL_FILTERS', `$1')')')
_m4_define(`_told', `ifelse(`$1', `', `', `_record(`confMILTER_MACROS_$1', __line__, __file__)_told(shift($@))')')
_m4_define(`confMILTER_MACROS_CONNECT', ``j, _, {daemon_name}, {if_name}, {if_addr}'')
_m4_define(`confMILTER_MACROS_HELO', ``{tls_version}, {cipher}, {cipher_bits}, {cert_subject}, {cert_issuer}'')
_m4_define(`confMILTER_MACROS_ENVFROM', ``i, {auth_type}, {auth_authen}, {auth_ssf}, {auth_author}, {mail_mailer}, {mail_host}, {mail_addr}'')
_m4_define(`confMILTER_MACROS_ENVRCPT', ``{rcpt_mailer}, {rcpt_host}, {rcpt_addr}'')
_m4_define(`confMILTER_MACROS_EOM', ``{msg_id}'')

# Lines of the site's own; they are read as they stand.
_m4_define(`_own_lines', `ifelse(`$1', `', `', `_m4_define(`$1', `divert(0)dnl')_own_lines(shift($@))')')
_own_lines(`LOCAL_CONFIG', `LOCAL_RULE_0', `LOCAL_RULE_1', `LOCAL_RULE_2', `LOCAL_RULE_3', `LOCAL_RULESETS', `LOCAL_NET_CONFIG', `MAILER_DEFINITIONS')

# Understood, and refused with a word why.
_m4_define(`_later', `ifelse(`$1', `', `', `_m4_define(`$1', `_line(`@later $1')')_later(shift($@))')')
_later(`HACK', `SITE', `SITECONFIG', `LDAPROUTE_DOMAIN', `MODIFY_MAILER_FLAGS')
divert(0)dnl
