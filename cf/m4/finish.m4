
divert(-1)
# Read behind the site's file: writes what it has defined, in the order of its definitions.
# The empty line in front ends a last line that the site has left open.

# A file that names any mailer has local mail too. One that names none may not be whole.
ifdef(`_mailers_begun', `ifdef(`_mailer_local', `', `MAILER(`local')')')

_m4_define(`_place', `@at defn(`_line_of_$1') defn(`_file_of_$1')
')
_m4_define(`_take', `ifdef(`$1', `ifdef(`_variable_$1', `_place(`$1')indir(`_variable_$1')
', `ifdef(`_option_$1', `_place(`$1')`O 'indir(`_option_$1')`='indir(`$1')
', `_place(`$1')`@define $1'
')')')')

# Variables that are no options: where each goes.
_m4_define(`_variable_confDOMAIN_NAME', ``Dj'confDOMAIN_NAME')
_m4_define(`_variable_confCF_VERSION', ``DZ'confCF_VERSION')
_m4_define(`_variable_confREJECT_MSG', ``D{REJECT_MSG}'confREJECT_MSG')
_m4_define(`_variable_confRELAY_MSG', ``D{RELAY_MSG}'confRELAY_MSG')
_m4_define(`_variable_confRCPTREJ_MSG', ``D{RCPTREJ_MSG}'confRCPTREJ_MSG')
_m4_define(`_variable_confCW_FILE', `_own_names')
_m4_define(`_variable_confCR_FILE', ``FR'confCR_FILE')
_m4_define(`_variable__CERT_REGEX_ISSUER_', ``D{CERT_REGEX_ISSUER}'_CERT_REGEX_ISSUER_')
_m4_define(`_variable__CERT_REGEX_SUBJECT_', ``D{CERT_REGEX_SUBJECT}'_CERT_REGEX_SUBJECT_')
_m4_define(`_variable_SMART_HOST', ``DS'SMART_HOST')
_m4_define(`_variable_MAIL_HUB', ``DH'MAIL_HUB')
_m4_define(`_variable_LOCAL_RELAY', ``DR'LOCAL_RELAY')
_m4_define(`_variable_LUSER_RELAY', ``DL'LUSER_RELAY')
_m4_define(`_variable_UUCP_RELAY', `_pseudo(`UUCP', `Y')')
_m4_define(`_variable_BITNET_RELAY', `_pseudo(`BITNET', `B')')
_m4_define(`_variable_DECNET_RELAY', `_pseudo(`DECNET', `C')')
_m4_define(`_variable_TLS_PERM_ERR', ``D{TLS_PERM_ERR}yes'')
_m4_define(`_variable_confQUEUE_DIR', ``O QueueDirectory='confQUEUE_DIR')
_m4_define(`_variable_confTIME_ZONE', `ifelse(confTIME_ZONE, `USE_SYSTEM', `#', confTIME_ZONE, `USE_TZ', ``O TimeZoneSpec='', ``O TimeZoneSpec='confTIME_ZONE')')
_m4_define(`_variable_confMESSAGE_TIMEOUT', ``O Timeout.queuereturn='patsubst(confMESSAGE_TIMEOUT, `/.*')`'ifelse(index(confMESSAGE_TIMEOUT, `/'), `-1', `', `
_place(`confMESSAGE_TIMEOUT')`O Timeout.queuewarn='patsubst(confMESSAGE_TIMEOUT, `.*/')')')
_m4_define(`_variable_confAUTO_REBUILD', ``@define confAUTO_REBUILD'')
_m4_define(`_pseudo', ``@define $1_RELAY'
_place(`$1_RELAY')`D$2'indir(`$1_RELAY')
_place(`$1_RELAY')`CP$1'')
# These were used where features and mailers were written.
_m4_define(`_used', `ifelse(`$1', `', `', `_m4_define(`_variable_$1', `#')_used(shift($@))')')
_used(`MAIL_SETTINGS_DIR', `SMTP_MAILER_ARGS', `ESMTP_MAILER_ARGS', `SMTP8_MAILER_ARGS', `DSMTP_MAILER_ARGS', `RELAY_MAILER_ARGS', `MSP_QUEUE_DIR')

_m4_define(`_variable_confCT_FILE', `ifdef(`_trusted_are_in_a_file', ``Ft'confCT_FILE', `#')')
_m4_define(`_own_names', `ifdef(`_names_are_in_a_file', ``Fw'confCW_FILE', `#')')

divert(0)dnl
`Cwlocalhost'
ifdef(`_ports_given', `', `O DaemonPortOptions=Name=MTA
')dnl
ifdef(`_no_default_msa', `', `O DaemonPortOptions=Port=587, Name=MSA, M=E
')dnl
ifdef(`confCW_FILE', `', `ifdef(`_names_are_in_a_file', `@at defn(`_names_line') defn(`_names_file')
Fw`'MAIL_SETTINGS_DIR`local-host-names'_of_first_words
')')dnl
ifdef(`confCT_FILE', `', `ifdef(`_trusted_are_in_a_file', `@at defn(`_trusted_line') defn(`_trusted_file')
Ft`'MAIL_SETTINGS_DIR`trusted-users'_of_first_words
')')dnl
ifdef(`confCR_FILE', `', `FR-o MAIL_SETTINGS_DIR`relay-domains'_of_first_words
')dnl
ifdef(`ALIAS_FILE', `', `ifdef(`_no_aliases', `', `O AliasFile=MAIL_SETTINGS_DIR`aliases'
')')dnl
_recorded`'dnl
