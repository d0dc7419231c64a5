divert(-1)
# Read behind the site's file: writes what it has defined, in the order of its definitions.

_m4_define(`_place', `@at indir(`_line_of_$1') indir(`_file_of_$1')
')
_m4_define(`_take', `ifdef(`$1', `ifdef(`_option_$1', `_place(`$1')`O 'indir(`_option_$1')`='indir(`$1')
', `ifdef(`_variable_$1', `_place(`$1')indir(`_variable_$1')
', `_place(`$1')`@define $1'
')')')')

# Variables that are no options: where each goes.
_m4_define(`_variable_confDOMAIN_NAME', ``Dj'confDOMAIN_NAME')
_m4_define(`_variable_confCF_VERSION', ``DZ'confCF_VERSION')
_m4_define(`_variable_confREJECT_MSG', ``D{REJECT_MSG}'confREJECT_MSG')
_m4_define(`_variable_confRELAY_MSG', ``D{RELAY_MSG}'confRELAY_MSG')
_m4_define(`_variable_confRCPTREJ_MSG', ``D{RCPTREJ_MSG}'confRCPTREJ_MSG')
_m4_define(`_variable_confCR_FILE', ``FR'confCR_FILE')
_m4_define(`_variable__CERT_REGEX_ISSUER_', ``D{CERT_REGEX_ISSUER}'_CERT_REGEX_ISSUER_')
_m4_define(`_variable__CERT_REGEX_SUBJECT_', ``D{CERT_REGEX_SUBJECT}'_CERT_REGEX_SUBJECT_')
_m4_define(`_variable_SMART_HOST', ``DS'SMART_HOST')
_m4_define(`_variable_TLS_PERM_ERR', ``D{TLS_PERM_ERR}yes'')
_m4_define(`_variable_confQUEUE_DIR', ``O QueueDirectory='confQUEUE_DIR')
# These were used where features and mailers were written.
_m4_define(`_variable_confCW_FILE', `#')
_m4_define(`_variable_MAIL_SETTINGS_DIR', `#')
_m4_define(`_variable_ESMTP_MAILER_ARGS', `#')
_m4_define(`_variable_SMTP_MAILER_ARGS', `#')
_m4_define(`_variable_RELAY_MAILER_ARGS', `#')

divert(0)dnl
ifdef(`_ports_given', `', `O DaemonPortOptions=Name=MTA
')dnl
ifdef(`_no_default_msa', `', `O DaemonPortOptions=Port=587, Name=MSA, M=E
')dnl
ifdef(`confCR_FILE', `', `FR-o MAIL_SETTINGS_DIR`'relay-domains
')dnl
_recorded`'dnl
