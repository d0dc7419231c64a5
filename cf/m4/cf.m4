divert(-1)
# The m4 library of Signet, read before the site's file. What a site calls is written at once as a
# line of the cf; what it defines is written by finish.m4, when all is known. Lines that begin with @
# are for the compiler (src/conf/mc.cc): "@at LINE FILE" says where the next line comes from, the
# others report what it must judge.

define(`_m4_define', defn(`define'))
define(`_m4_include', defn(`include'))
define(`_m4_sinclude', defn(`sinclude'))

# Writes one line of the cf, whatever diversion the site is in. The line is written as it is: its
# argument may hold commas and text that looks like macros of m4.
_m4_define(`_here', `@at __line__ __file__
')
_m4_define(`_line', `pushdef(`_before', divnum)divert(0)_where`$1'
divert(_before)popdef(`_before')')
_m4_define(`_where', `_here')

# Every definition is noted with its place, once, in order.
_m4_define(`_recorded', `')
_m4_define(`_record', `ifdef(`_line_of_$1', `', `_m4_define(`_recorded', defn(`_recorded')`_take(`$1')')')_m4_define(`_line_of_$1', `$2')_m4_define(`_file_of_$1', `$3')')
_m4_define(`define', `_m4_define(`$1', `$2')_record(`$1', __line__, __file__)')
# For the library itself: a value that the site may set before or after.
_m4_define(`_default', `ifdef(`$1', `', `_m4_define(`$1', `$2')_record(`$1', __line__, __file__)')')

# Site files often name the library themselves; it is here already.
_m4_define(`include', `ifelse(regexp(`$1', `\(^\|/\)cf\.m4$'), `-1', `_m4_include(`$1')')')

_m4_define(`VERSIONID', `pushdef(`_before', divnum)divert(0)`#####' `$1'
divert(_before)popdef(`_before')')

# Reads a file of the library; one that does not note itself is not there.
_m4_define(`_library', `pushdef(`_outer', divnum)undefine(`_found')_m4_sinclude(_CF_DIR`/$1/$2.m4')ifdef(`_found', `', `_line(`@$1 $2')')divert(_outer)popdef(`_outer')')
_m4_define(`OSTYPE', `_library(`ostype', `$1')')
_m4_define(`DOMAIN', `_library(`domain', `$1')')
_m4_define(`FEATURE', `ifdef(`_mailers_begun', `_line(`@order FEATURE($1)')')_m4_define(`_arg1', `$2')_m4_define(`_arg2', `$3')_m4_define(`_arg3', `$4')_m4_define(`_arg4', `$5')pushdef(`_where', `@at '__line__ __file__`
')_library(`feature', `$1')popdef(`_where')')
_m4_define(`MAILER', `_m4_define(`_mailers_begun', `')pushdef(`_where', `@at '__line__ __file__`
')_library(`mailer', `$1')popdef(`_where')')

# A feature's line: its name and up to four arguments, a tab between them.
_m4_define(`_tab', `	')
_m4_define(`_feature', `_m4_define(`_found', `')_line(`U $1'ifelse(`$2', `', `', `_tab`$2'')ifelse(`$3', `', `', `_tab`$3'')ifelse(`$4', `', `', `_tab`$4'')ifelse(`$5', `', `', `_tab`$5''))')

_m4_define(`DAEMON_OPTIONS', `_m4_define(`_ports_given', `')_line(`O DaemonPortOptions=$*')')
_m4_define(`CLIENT_OPTIONS', `_line(`O ClientPortOptions=$*')')
_m4_define(`TRUST_AUTH_MECH', `_line(`C{TrustAuthMech}$*')')
_m4_define(`LOCAL_DOMAIN', `_line(`Cw$1')')
_m4_define(`RELAY_DOMAIN', `_line(`CR$1')')
_m4_define(`RELAY_DOMAIN_FILE', `_line(`FR$1')')
_m4_define(`MASQUERADE_AS', `_line(`DM$1')')
_m4_define(`MASQUERADE_DOMAIN', `_line(`CM$1')')
_m4_define(`MASQUERADE_DOMAIN_FILE', `_line(`FM$1')')
_m4_define(`EXPOSED_USER', `_line(`CE$1')')
_m4_define(`EXPOSED_USER_FILE', `_line(`FE$1')')
_m4_define(`VIRTUSER_DOMAIN', `_line(`C{VirtHost}$1')')
_m4_define(`VIRTUSER_DOMAIN_FILE', `_line(`F{VirtHost}$1')')
_m4_define(`UUCPSMTP', `_line(`@define UUCPSMTP')')

# Lines of the site's own; they are read as they stand.
_m4_define(`LOCAL_CONFIG', `divert(0)dnl')

# Understood, and refused with a word why.
_m4_define(`_refused', `ifelse(`$1', `', `', `_m4_define(`$1', `_line(`@refused $1')')_refused(shift($@))')')
_refused(`LOCAL_RULE_0', `LOCAL_RULE_1', `LOCAL_RULE_2', `LOCAL_RULE_3', `LOCAL_RULESETS', `LOCAL_NET_CONFIG', `MAILER_DEFINITIONS')
_m4_define(`_later', `ifelse(`$1', `', `', `_m4_define(`$1', `_line(`@later $1')')_later(shift($@))')')
_later(`MASQUERADE_EXCEPTION', `MASQUERADE_EXCEPTION_FILE', `LOCAL_USER', `GENERICS_DOMAIN', `GENERICS_DOMAIN_FILE', `INPUT_MAIL_FILTER', `MAIL_FILTER', `QUEUE_GROUP', `HACK', `SITE', `SITECONFIG', `CANONIFY_DOMAIN', `CANONIFY_DOMAIN_FILE', `LDAPROUTE_DOMAIN', `DECNET_RELAY', `MODIFY_MAILER_FLAGS')
divert(0)dnl
