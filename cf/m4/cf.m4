divert(-1)
# The m4 library of Signet, read before the site's file. What a site calls is written at once, as a line
# of the cf; what it defines is written by finish.m4, when all is known. Lines that begin with @ are for
# the compiler (src/conf/mc.cc): "@at LINE FILE" says where the next line comes from, the others report
# what it must judge. Text is expanded as often as sendmail's library expands it, so that macros, commas
# and stray quotes in arguments come out the same. Comments in files that are read later begin with dnl:
# from the site's file on, # is a character like others, as in sendmail's library.
#
# Diversions: 0 to 9 are the site's own, 7 with the lines of mailers among them, 101 has our other lines, 102 what finish.m4
# writes.

define(`_m4_define', defn(`define'))
define(`_m4_include', defn(`include'))
define(`_m4_sinclude', defn(`sinclude'))
define(`_m4_changequote', defn(`changequote'))
undefine(`format')
undefine(`hpux')

# The place of what is written: the call in the site's file, also for what the library does for it.
_m4_define(`_enter', `ifdef(`_depth', `', `_m4_define(`_at_line', `$1')_m4_define(`_at_file', `$2')')pushdef(`_depth', `')')
_m4_define(`_leave', `popdef(`_depth')')
_m4_define(`_where', `ifdef(`_depth', `@at defn(`_at_line') defn(`_at_file')', `@at __line__ __file__')
')

# _begin() TEXT _end(): TEXT and the end of its line go to the cf, whatever diversion the site is in.
_m4_define(`_begin', `pushdef(`_before', divnum)divert(_target)_where()')
_m4_define(`_target', `101')
_m4_define(`_end', `divert(_before)popdef(`_before')')
_m4_define(`_line', `_begin()$1
_end()')
# Something to be judged, and arguments that unquoted commas have torn off.
_m4_define(`_report', `_begin()`@$1'
_end()')
_m4_define(`_lost', `ifelse(eval($# > 2), 1, `_report(`lost $1')')')

# A definition is noted with its place, once, in the order of the first. The site's quotes may be stray ones, so
# this works with others; whoever calls changequote gets his own back.
_m4_define(`_recorded', `')
_m4_changequote({{{,}}})
_m4_define({{{_open}}}, {{{`}}})
_m4_define({{{_close}}}, {{{'}}})
_m4_define({{{changequote}}}, {{{_m4_changequote({{{,}}})_m4_define({{{_open}}}, ifelse({{{$1}}}, , {{{{{{`}}}}}}, {{{{{{$1}}}}}}))_m4_define({{{_close}}}, ifelse({{{$1}}}, , {{{{{{'}}}}}}, {{{{{{$2}}}}}}))_m4_changequote(_open, _close)}}})
_m4_define({{{_noted}}}, {{{ifelse(regexp({{{$1}}}, {{{^[A-Za-z_][A-Za-z_0-9]*$}}}), 0, {{{ifdef({{{_line_of_$1}}}, , {{{_m4_define({{{_recorded}}}, defn({{{_recorded}}}){{{_take(`$1')}}})}}})_m4_define({{{_line_of_$1}}}, {{{$2}}})_m4_define({{{_file_of_$1}}}, {{{$3}}})}}}, {{{pushdef({{{_before}}}, divnum)divert(101)@at $2 $3
@strange $1
divert(_before)popdef({{{_before}}})}}})}}})
_m4_define({{{define}}}, {{{_m4_changequote({{{,}}})ifelse($#, 0, {{{{{{$0}}}}}}, {{{_m4_define({{{$1}}}, {{{$2}}})ifdef({{{_depth}}}, {{{_noted({{{$1}}}, _at_line, _at_file)}}}, {{{_noted({{{$1}}}, __line__, __file__)}}})}}})_m4_changequote(_open, _close)}}})
_m4_changequote`'dnl
# For the library: a value that the site may set before.
_m4_define(`_default', `ifdef(`$1', `', `define(`$1', `$2')')')
# The same for what only the library reads.
_m4_define(`_quietly', `ifdef(`$1', `', `_m4_define(`$1', `$2')')')
_m4_define(`lower', `translit(`$1', `ABCDEFGHIJKLMNOPQRSTUVWXYZ', `abcdefghijklmnopqrstuvwxyz')')

# Site files often name the library themselves; it is here already, and ends with divert(0). Comments end there too.
# Files that Debian delivers beside it are taken from our folder where they are missing: _absent_NAME is the name there.
_m4_define(`_is_library', `eval(regexp(`$1', `\(^\|/\)cf\.m4$') >= 0)')
_m4_define(`_read', `ifelse(_is_library(`$2'), 1, `changecom()divert(0)', `ifdef(`_absent_$2', `_report(`delivered $2')$1(_CF_DIR`/debian/'indir(`_absent_$2'))', `$1(`$2')')')')
_m4_define(`include', `ifelse($#, 0, ``$0'', `_read(`_m4_include', `$1')')')
_m4_define(`sinclude', `ifelse($#, 0, ``$0'', `_read(`_m4_sinclude', `$1')')')

_m4_define(`VERSIONID', ``#####  $1  #####'')
_m4_define(`CONCAT', `$1$2$3$4$5$6$7')
_m4_define(`DOL', ``$'$1')

# The arguments of FEATURE, HACK and MAILER behind the name: _ARG_ is the first, as are _ARG1_ ... _ARG9_ all.
_m4_define(`_given', `_m4_define(`_ARG_', `$2')_m4_define(`_ARGS_', `shift($@)')')
_m4_define(`_ACC_ARG_1_', `$1')
_m4_define(`_ACC_ARG_2_', `$2')
_m4_define(`_ACC_ARG_3_', `$3')
_m4_define(`_ACC_ARG_4_', `$4')
_m4_define(`_ACC_ARG_5_', `$5')
_m4_define(`_ACC_ARG_6_', `$6')
_m4_define(`_ACC_ARG_7_', `$7')
_m4_define(`_ACC_ARG_8_', `$8')
_m4_define(`_ACC_ARG_9_', `$9')
_m4_define(`_ARG1_', `_ACC_ARG_1_(_ARGS_)')
_m4_define(`_ARG2_', `_ACC_ARG_2_(_ARGS_)')
_m4_define(`_ARG3_', `_ACC_ARG_3_(_ARGS_)')
_m4_define(`_ARG4_', `_ACC_ARG_4_(_ARGS_)')
_m4_define(`_ARG5_', `_ACC_ARG_5_(_ARGS_)')
_m4_define(`_ARG6_', `_ACC_ARG_6_(_ARGS_)')
_m4_define(`_ARG7_', `_ACC_ARG_7_(_ARGS_)')
_m4_define(`_ARG8_', `_ACC_ARG_8_(_ARGS_)')
_m4_define(`_ARG9_', `_ACC_ARG_9_(_ARGS_)')

# Reads a file of the library, _library(KIND, NAME). One that does not note itself is not there. A line that the site has
# begun ends there, as sendmail's files write a comment.
_m4_define(`_library', `pushdef(`_outer', divnum)pushdef(`_name', `$2')divert(0)
divert(-1)_m4_undefine_found()_m4_sinclude(_CF_DIR`/$1/$2.m4')ifdef(`_found', `', `_own_file(`$1', `$2')')_m4_define(`_found', `')divert(_outer)popdef(`_outer')popdef(`_name')')
# What is not ours may be the site's: the compiler has looked for files of that kind, _own_KIND/NAME.
_m4_define(`_own_file', `ifdef(`_own_$1/$2', `_report(`own 'indir(`_own_$1/$2'))_m4_include(indir(`_own_$1/$2'))', `_report(`$1 $2')')')
_m4_define(`_DEFIFNOT', `ifdef(`$1', `', `define(`$1', `$2')')')
_m4_define(`PUSHDIVERT', `pushdef(`__D__', divnum)divert($1)')
_m4_define(`POPDIVERT', `divert(__D__)popdef(`__D__')')
_m4_define(`_m4_undefine_found', `ifdef(`_found', `undefine(`_found')')')
_m4_define(`OSTYPE', `_enter(__line__, __file__)_m4_define(`__OSTYPE__', `$1')_given($@)_m4_define(`_by_system', `')_library(`ostype', $1)undefine(`_by_system')_leave()')
_m4_define(`DOMAIN', `_enter(__line__, __file__)_given($@)_library(`domain', $1)_leave()')
_m4_define(`HACK', `_enter(__line__, __file__)_given($@)_library(`hack', $1)_leave()')
_m4_define(`FEATURE', `_enter(__line__, __file__)ifdef(`_mailers_begun', `_report(`order $1')')_given($@)_library(`feature', $1)_leave()')
_m4_define(`MAILER', `_enter(__line__, __file__)_m4_define(`_MAILER_DEFINED_', `1')_m4_define(`_mailers_begun', `')_given($@)pushdef(`_target', `7')_add_mailer($1, ifelse(`$2', `', `$1', `$2'))popdef(`_target')_leave()')
_m4_define(`_add_mailer', `ifdef(`_MAILER_$2_', `', `_m4_define(`_MAILER_$2_', `')_library(`mailer', `$1')')')

# A feature's line: _plain() is its name; _feature() is its name and the arguments of the call, a tab between them;
# _feature_of(ARGUMENT) has that one instead of the first.
_m4_define(`_tab', `	')
_m4_define(`_plain', `_m4_define(`_found', `')_noticed(`U _name')')
_m4_define(`_feature', `_feature_of(`_ARG1_')')
_m4_define(`_feature_of', `_m4_define(`_found', `')_noticed(`U _name`'_from_1(`$1')')')
# What a system brings along is no wish of the site's.
_m4_define(`_noticed', `ifdef(`_by_system', `', `_begin()$1
_end()')')
_m4_define(`_from_1', `ifelse(len(X`'_ARG9_`'_ARG8_`'_ARG7_`'_ARG6_`'_ARG5_`'_ARG4_`'_ARG3_`'_ARG2_`'$1), 1, `', `_tab`'$1`'_from_2()')')
_m4_define(`_from_2', `ifelse(len(X`'_ARG9_`'_ARG8_`'_ARG7_`'_ARG6_`'_ARG5_`'_ARG4_`'_ARG3_`'_ARG2_), 1, `', `_tab`'_ARG2_`'_from_3()')')
_m4_define(`_from_3', `ifelse(len(X`'_ARG9_`'_ARG8_`'_ARG7_`'_ARG6_`'_ARG5_`'_ARG4_`'_ARG3_), 1, `', `_tab`'_ARG3_`'_from_4()')')
_m4_define(`_from_4', `ifelse(len(X`'_ARG9_`'_ARG8_`'_ARG7_`'_ARG6_`'_ARG5_`'_ARG4_), 1, `', `_tab`'_ARG4_`'_from_5()')')
_m4_define(`_from_5', `ifelse(len(X`'_ARG9_`'_ARG8_`'_ARG7_`'_ARG6_`'_ARG5_), 1, `', `_tab`'_ARG5_`'_from_6()')')
_m4_define(`_from_6', `ifelse(len(X`'_ARG9_`'_ARG8_`'_ARG7_`'_ARG6_), 1, `', `_tab`'_ARG6_`'_from_7()')')
_m4_define(`_from_7', `ifelse(len(X`'_ARG9_`'_ARG8_`'_ARG7_), 1, `', `_tab`'_ARG7_`'_from_8()')')
_m4_define(`_from_8', `ifelse(len(X`'_ARG9_`'_ARG8_), 1, `', `_tab`'_ARG8_`'_from_9()')')
_m4_define(`_from_9', `ifelse(len(X`'_ARG9_), 1, `', `_tab`'_ARG9_')')

# A feature about a map, _map(name of the map, its file, its name in LDAP, flag of the default): its own line and the map's.
_m4_define(`_map', `_m4_define(`_spec', ifelse(defn(`_ARG_'), `', `DATABASE_MAP_TYPE`'ifelse(`$4', `', `', ` $4')` 'MAIL_SETTINGS_DIR`$2'', defn(`_ARG_'), `LDAP', `_ldap(`$3', `$4')', `defn(`_ARG_')'))_feature_of(`_spec')_begin()K$1 _spec
_end()')
_m4_define(`_ldap', ``ldap'ifelse(`$2', `', `', ` $2')` -1 -v sendmailMTAMapValue,sendmailMTAMapSearch:FILTER:sendmailMTAMapObject,sendmailMTAMapURL:URL:sendmailMTAMapObject -k (&(objectClass=sendmailMTAMapObject)(|(sendmailMTACluster=${sendmailMTACluster})(sendmailMTAHost=$j))(sendmailMTAMapName=$1)(sendmailMTAKey=%0))'')

# Ports. What arguments commas have torn off does not count.
_m4_define(`_DPO_', `')
_m4_define(`_CPO_', `')
_m4_define(`DAEMON_OPTIONS', `_lost(`DAEMON_OPTIONS', $@)_m4_define(`_DPO_', `given')_m4_define(`_port', `$1')_line(`O DaemonPortOptions=_port')')
_m4_define(`CLIENT_OPTIONS', `_lost(`CLIENT_OPTIONS', $@)_m4_define(`_CPO_', `given')_m4_define(`_port', `$1')_line(`O ClientPortOptions=_port')')

# Words and files of classes; the rest of the line in the site's file is not read.
_m4_define(`_member', `_m4_define(`$1', `_lost(`$1', $'`@)_begin()$2$'`1
_end()$3`'dnl`'')')
_member(`LOCAL_DOMAIN', `C{w}')
_member(`RELAY_DOMAIN', `C{R}')
_member(`RELAY_DOMAIN_FILE', `F{R}')
_member(`MASQUERADE_DOMAIN', `C{M}')
_member(`MASQUERADE_DOMAIN_FILE', `F{M}')
_member(`MASQUERADE_EXCEPTION', `C{N}')
_member(`MASQUERADE_EXCEPTION_FILE', `F{N}')
_member(`EXPOSED_USER', `C{E}')
_member(`EXPOSED_USER_FILE', `F{E}')
_member(`LOCAL_USER', `C{L}')
_member(`LOCAL_USER_FILE', `F{L}')
_member(`GENERICS_DOMAIN', `C{G}')
_member(`GENERICS_DOMAIN_FILE', `F{G}')
_member(`VIRTUSER_DOMAIN', `C{VirtHost}', `_virtual_relay()')
_member(`VIRTUSER_DOMAIN_FILE', `F{VirtHost}', `_virtual_relay()')
_member(`CANONIFY_DOMAIN', `C{Canonify}')
_member(`CANONIFY_DOMAIN_FILE', `F{Canonify}')
_member(`LDAPROUTE_DOMAIN', `C{LDAPRoute}')
_member(`LDAPROUTE_DOMAIN_FILE', `F{LDAPRoute}')
_member(`LDAPROUTE_EQUIVALENT', `C{LDAPRouteEquiv}')
_member(`LDAPROUTE_EQUIVALENT_FILE', `F{LDAPRouteEquiv}')
_member(`TRUST_AUTH_MECH', `C{TrustAuthMech}', `_m4_define(`_USE_AUTH_', `1')')
_m4_define(`_virtual_relay', `ifdef(`_VIRTHOSTS_', `', `_m4_define(`_VIRTHOSTS_', `')_line(`CR$={VirtHost}')')')
_m4_define(`MASQUERADE_AS', `_lost(`MASQUERADE_AS', $@)define(`MASQUERADE_NAME', $1)')
_m4_define(`QUEUE_GROUP', `_begin()Q$1, $2
_end()')
_m4_define(`UUCPSMTP', `_report(`define UUCPSMTP')')

# Sites of UUCP: a macro and a class of the name $3.
_m4_define(`SITECONFIG', `_begin()D$3$2
_end()ifelse(`$3', `U', `_begin()C{w}$2 $2.UUCP
_end()')_m4_define(`SITE', `_begin()C'ifelse(`$2$3', `SU', `Y', `$3')` $'`1
_end()')_m4_sinclude(_CF_DIR`/siteconfig/$1.m4')')

# Mail filters: a line each; finish.m4 says what they are told.
_m4_define(`MAIL_FILTER', `_m4_define(`_filters', `')_begin()X$1, $2
_end()')
_m4_define(`INPUT_MAIL_FILTER', `MAIL_FILTER(`$1', `$2')ifelse(defn(`confINPUT_MAIL_FILTERS')X, `X', `define(`confINPUT_MAIL_FILTERS', $1)', `define(`confINPUT_MAIL_FILTERS', defn(`confINPUT_MAIL_FILTERS')`, '`$1')')')

# Patterns of our own, _pattern(NAME, WORD, HOW MANY ARGUMENTS, arguments ...): taken as they stand, whatever macro has such
# a name.
_m4_define(`_pattern', `ifelse(eval($# > $3 + 3), 1, `_report(`lost $1')')_begin()U $2	`$4'	`$5'	`$6'
_end()')
_m4_define(`HEADER_CHECK', `_pattern(`$0', `header_check', 3, $@)')
_m4_define(`REQUIRE_HEADER', `_pattern(`$0', `require_header', 2, $@)')
_m4_define(`SENDER_PATTERN', `_pattern(`$0', `sender_pattern', 2, $@)')
_m4_define(`RECIPIENT_PATTERN', `_pattern(`$0', `recipient_pattern', 2, $@)')
_m4_define(`HELO_PATTERN', `_pattern(`$0', `helo_pattern', 2, $@)')
_m4_define(`CLIENT_PATTERN', `_pattern(`$0', `client_pattern', 2, $@)')
_m4_define(`REWRITE_SENDER', `_pattern(`$0', `rewrite_sender', 2, $@)')
_m4_define(`REWRITE_RECIPIENT', `_pattern(`$0', `rewrite_recipient', 2, $@)')

# Flags of mailers: MODIFY_MAILER_FLAGS(NAME, +FLAGS, -FLAGS or FLAGS), and _flags(NAME, FLAGS) with all changes made.
_m4_define(`MODIFY_MAILER_FLAGS', `_modify(`$1', substr(`$2', 0, 1), substr(`$2', 1), `$2')')
_m4_define(`_modify', `ifelse(`$2', `+', `_m4_define(`_plus_$1', ifdef(`_plus_$1', `defn(`_plus_$1')')`$3')', `$2', `-', `_m4_define(`_minus_$1', ifdef(`_minus_$1', `defn(`_minus_$1')')`$3')', `_m4_define(`_only_$1', `$4')')')
_m4_define(`_with', `ifelse(index(`$1', `$2'), -1, ``$1$2'', ``$1'')')
_m4_define(`_without', `ifelse(index(`$1', `$2'), -1, ``$1'', `substr(`$1', 0, index(`$1', `$2'))`'substr(`$1', incr(index(`$1', `$2')))')')
_m4_define(`_each', `ifelse(`$3', `', ``$2'', `_each(`$1', $1(`$2', substr(`$3', 0, 1)), substr(`$3', 1))')')
_m4_define(`_flags', `ifdef(`_only_$1', `defn(`_only_$1')', `_each(`_with', _each(`_without', `$2', ifdef(`_minus_$1', `defn(`_minus_$1')')), ifdef(`_plus_$1', `defn(`_plus_$1')'))')')
# A part of a mailer's line, where its define is there: _part(KEY, DEFINE).
_m4_define(`_part', `ifdef(`$2', ` $1=$2,')')
_m4_define(`_group', `ifelse(defn(`$1'), `', `', ` Q=$1,')')

# Lines of the site's own; they are read as they stand. Those of rules say which they are.
_m4_define(`_own_lines', `ifelse(`$1', `', `', `_m4_define(`$1', `divert(0)
`@section $1'
')_own_lines(shift($@))')')
_own_lines(`LOCAL_CONFIG', `LOCAL_RULE_0', `LOCAL_RULE_1', `LOCAL_RULE_2', `LOCAL_RULE_3', `LOCAL_RULESETS', `LOCAL_NET_CONFIG', `LOCAL_UUCP', `LOCAL_DNSBL')
_m4_define(`MAILER_DEFINITIONS', `divert(7)')
_m4_define(`_own_ruleset', `_m4_define(`$1', `divert(0)
S$2')')
_own_ruleset(`LOCAL_SRV_FEATURES', `Local_srv_features')
_own_ruleset(`LOCAL_CLT_FEATURES', `Local_clt_features')
_own_ruleset(`LOCAL_TRY_TLS', `Local_try_tls')
_own_ruleset(`LOCAL_TLS_RCPT', `Local_tls_rcpt')
_own_ruleset(`LOCAL_TLS_CLIENT', `Local_tls_client')
_own_ruleset(`LOCAL_TLS_SERVER', `Local_tls_server')

_m4_include(_CF_DIR`/m4/options.m4')

divert(-1)
# What stands unless a site says otherwise, as far as sites read it themselves or finish.m4 writes it.
_m4_define(`DATABASE_MAP_TYPE', `hash')
_m4_define(`ALIAS_FILE', `MAIL_SETTINGS_DIR`'aliases')
_m4_define(`confMAILER_NAME', ``MAILER-DAEMON'')
_m4_define(`confFROM_LINE', `From $g $d')
_m4_define(`confOPERATORS', `.:%@!^/[]+')
_m4_define(`confSMTP_LOGIN_MSG', `$j Sendmail $v/$Z; $b')
_m4_define(`confSEVEN_BIT_INPUT', `False')
_m4_define(`confALIAS_WAIT', `10')
_m4_define(`confMIN_FREE_BLOCKS', `100')
_m4_define(`confBLANK_SUB', `.')
_m4_define(`confCON_EXPENSIVE', `False')
_m4_define(`confDELIVERY_MODE', `background')
_m4_define(`confTEMP_FILE_MODE', `0600')
_m4_define(`confMCI_CACHE_SIZE', `2')
_m4_define(`confMCI_CACHE_TIMEOUT', `5m')
_m4_define(`confUSE_ERRORS_TO', `False')
_m4_define(`confLOG_LEVEL', `9')
_m4_define(`confCHECK_ALIASES', `False')
_m4_define(`confOLD_STYLE_HEADERS', `True')
_m4_define(`confPRIVACY_FLAGS', `authwarnings')
_m4_define(`confSAFE_QUEUE', `True')
_m4_define(`confTO_QUEUERETURN', `5d')
_m4_define(`confTO_QUEUEWARN', `4h')
_m4_define(`confTIME_ZONE', `USE_SYSTEM')
_m4_define(`confCW_FILE', `MAIL_SETTINGS_DIR`'local-host-names')
_m4_define(`confMIME_FORMAT_ERRORS', `True')
_m4_define(`confFORWARD_PATH', `$z/.forward.$w:$z/.forward')
_m4_define(`confCR_FILE', `-o MAIL_SETTINGS_DIR`'relay-domains')
_m4_define(`confMILTER_MACROS_CONNECT', ``j, _, {daemon_name}, {if_name}, {if_addr}'')
_m4_define(`confMILTER_MACROS_HELO', ``{tls_version}, {cipher}, {cipher_bits}, {cert_subject}, {cert_issuer}'')
_m4_define(`confMILTER_MACROS_ENVFROM', ``i, {auth_type}, {auth_authen}, {auth_ssf}, {auth_author}, {mail_mailer}, {mail_host}, {mail_addr}'')
_m4_define(`confMILTER_MACROS_ENVRCPT', ``{rcpt_mailer}, {rcpt_host}, {rcpt_addr}'')
_m4_define(`confMILTER_MACROS_EOM', ``{msg_id}'')
ifdef(`_site_names_library', `', `changecom()')
divert(0)dnl
