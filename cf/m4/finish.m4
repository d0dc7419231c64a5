
divert(-1)changecom(`#')
# Read behind the site's file: writes what it has defined, in the order of its definitions.
# The empty line in front ends a last line that the site has left open.

# Local mail is there in any case. A site that names no mailer at all may not be whole.
ifdef(`_MAILER_DEFINED_', `', `_m4_define(`_no_mailers', `')')
ifdef(`_MAILER_local_', `', `MAILER(`local')')

_m4_define(`_place', `ifdef(`_line_of_$1', `@at defn(`_line_of_$1') defn(`_file_of_$1')
')')
_m4_define(`_take', `ifdef(`$1', `ifdef(`_variable_$1', `indir(`_variable_$1')', `ifdef(`_option_$1', `_place(`$1')`O 'indir(`_option_$1')`='indir(`$1')
', `_place(`$1')`@define $1'
')')')')

# Variables that are no options: where each goes.
_m4_define(`_as', `ifelse(`$1', `', `', `_m4_define(`_variable_$1', `_place(`$1')`$2'$1
')')')
_as(`confDOMAIN_NAME', `Dj')
_as(`confCF_VERSION', `DZ')
_as(`confMAILER_NAME', `Dn')
_as(`confRECEIVED_HEADER', `HReceived: ')
_as(`confFROM_HEADER', `H?F?From: ')
_as(`confMESSAGEID_HEADER', `H?M?Message-Id: ')
_as(`confLOCAL_MAILER', `D{LOCAL_MAILER}')
_as(`confSMTP_MAILER', `D{SMTP_MAILER}')
_as(`confRELAY_MAILER', `D{RELAY_MAILER}')
_as(`confREJECT_MSG', `D{REJECT_MSG}')
_as(`confRELAY_MSG', `D{RELAY_MSG}')
_as(`confRCPTREJ_MSG', `D{RCPTREJ_MSG}')
_as(`confLDAP_CLUSTER', `D{sendmailMTACluster}')
_as(`SMART_HOST', `DS')
_as(`MAIL_HUB', `DH')
_as(`LOCAL_RELAY', `DR')
_as(`MASQUERADE_NAME', `DM')
_as(`confQUEUE_DIR', `O QueueDirectory=')
_as(`confDAEMON_OPTIONS', `O DaemonPortOptions=')
_as(`confCLIENT_OPTIONS', `O ClientPortOptions=')
_m4_define(`_pseudo', `_m4_define(`_variable_$1_RELAY', `_place(`$1_RELAY')`@define $1_RELAY'
_place(`$1_RELAY')`D$2'$1_RELAY
_place(`$1_RELAY')`CP$1'
')')
# The maps are those that sendmail-cf's rules ask.
_m4_define(`_with_map', `_m4_define(`_variable_$1', `_place(`$1')`K$3'ifelse(`$4', `', `$1', ``$4'')
_place(`$1')`$2'$1
')')
_with_map(`_CERT_REGEX_ISSUER_', `D{CERT_REGEX_ISSUER}', `CERTIssuer regex ')
_with_map(`_CERT_REGEX_SUBJECT_', `D{CERT_REGEX_SUBJECT}', `CERTSubject regex ')
_with_map(`LUSER_RELAY', `DL', `user ', `user -m -a<>')
_pseudo(`UUCP', `Y')
_pseudo(`BITNET', `B')
_pseudo(`DECNET', `C')
_pseudo(`FAX', `F')
_m4_define(`_variable_TLS_PERM_ERR', `_place(`TLS_PERM_ERR')`D{TLS_PERM_ERR}yes'
')
_m4_define(`_variable_confTIME_ZONE', `ifelse(confTIME_ZONE, `USE_SYSTEM', `', `_place(`confTIME_ZONE')`O TimeZoneSpec='ifelse(confTIME_ZONE, `USE_TZ', `', `confTIME_ZONE')
')')
_m4_define(`_variable_confMESSAGE_TIMEOUT', `_place(`confMESSAGE_TIMEOUT')`O Timeout.queuereturn='patsubst(confMESSAGE_TIMEOUT, `/.*')
ifelse(index(confMESSAGE_TIMEOUT, `/'), `-1', `', `_place(`confMESSAGE_TIMEOUT')`O Timeout.queuewarn='patsubst(confMESSAGE_TIMEOUT, `.*/')
')')
_m4_define(`_variable_confTO_QUEUERETURN', `ifdef(`confMESSAGE_TIMEOUT', `', `_place(`confTO_QUEUERETURN')`O Timeout.queuereturn='confTO_QUEUERETURN
')')
_m4_define(`_variable_confTO_QUEUEWARN', `ifelse(ifdef(`confMESSAGE_TIMEOUT', `index(confMESSAGE_TIMEOUT, `/')', -1), -1, `_place(`confTO_QUEUEWARN')`O Timeout.queuewarn='confTO_QUEUEWARN
')')
# These are used where features and mailers are written, or below.
_m4_define(`_used', `ifelse(`$1', `', `', `_m4_define(`_variable_$1', `')_used(shift($@))')')
_used(`MAIL_SETTINGS_DIR', `DATABASE_MAP_TYPE', `SMTP_MAILER_ARGS', `ESMTP_MAILER_ARGS', `SMTP8_MAILER_ARGS', `DSMTP_MAILER_ARGS', `RELAY_MAILER_ARGS', `MSP_QUEUE_DIR', `confCW_FILE', `confCT_FILE', `confCR_FILE', `confMILTER_LOG_LEVEL', `confMILTER_MACROS_CONNECT', `confMILTER_MACROS_HELO', `confMILTER_MACROS_ENVFROM', `confMILTER_MACROS_ENVRCPT', `confMILTER_MACROS_DATA', `confMILTER_MACROS_EOH', `confMILTER_MACROS_EOM')

# What filters are told, as soon as there is one.
_m4_define(`_told', `ifelse(`$1', `', `', `ifdef(`$1', `_place(`$1')`O 'indir(`_option_$1')`='indir(`$1')
')_told(shift($@))')')
# A file of a class, at the place of its define or of the feature that wants it.
_m4_define(`_file', `ifdef(`_line_of_$2', `_place(`$2')', `ifdef(`_line_of_$3', `@at defn(`_line_of_$3') defn(`_file_of_$3')
')')F$1`'ifdef(`$2', `indir(`$2')', ``$4'')
')
# A default that has become something else though nobody has defined it: define(confX, ...) without quotes defines what stands
# in confX, which is expanded once more where it is used.
_m4_define(`_changed', `ifdef(`_line_of_$1', `', `ifdef(`$1', `ifelse(indir(`$1'), `$2', `', `O indir(`_option_$1')=indir(`$1')
')')')')

changecom()
divert(102)dnl
`Cwlocalhost'
ifdef(`_no_mailers', `@nomailers
')dnl
ifdef(`__OSTYPE__', `', `@nosystem
')dnl
ifelse(defn(`_DPO_')defn(`confDAEMON_OPTIONS'), `', `ifdef(`_NETINET6_', `O DaemonPortOptions=Name=MTA-v4, Family=inet
O DaemonPortOptions=Name=MTA-v6, Family=inet6
', `O DaemonPortOptions=Name=MTA
')')dnl
ifdef(`_NO_MSA_', `', `O DaemonPortOptions=Port=587, Name=MSA, M=E
')dnl
ifdef(`USE_CW_FILE', `_file(`w', `confCW_FILE', `USE_CW_FILE')')dnl
ifdef(`_USE_CT_FILE_', `_file(`t', `confCT_FILE', `_USE_CT_FILE_', MAIL_SETTINGS_DIR`trusted-users')')dnl
ifdef(`confCR_FILE', `_file(`R', `confCR_FILE', `confCR_FILE')')dnl
ifdef(`ALIAS_FILE', `_place(`ALIAS_FILE')`O AliasFile='ALIAS_FILE
')dnl
ifelse(MAIL_SETTINGS_DIR, `/etc/mail/', `', `ifdef(`HELP_FILE', `', `_place(`MAIL_SETTINGS_DIR')`O HelpFile='MAIL_SETTINGS_DIR`helpfile'
')')dnl
ifdef(`_filters', `_told(`confMILTER_LOG_LEVEL', `confMILTER_MACROS_CONNECT', `confMILTER_MACROS_HELO', `confMILTER_MACROS_ENVFROM', `confMILTER_MACROS_ENVRCPT', `confMILTER_MACROS_DATA', `confMILTER_MACROS_EOH', `confMILTER_MACROS_EOM')')dnl
_m4_define(`_variable_ALIAS_FILE', `')dnl
_changed(`confPRIVACY_FLAGS', `authwarnings')dnl
_changed(`confDELIVERY_MODE', `background')dnl
_changed(`confSAFE_QUEUE', `True')dnl
_changed(`confMIME_FORMAT_ERRORS', `True')dnl
_changed(`confOLD_STYLE_HEADERS', `True')dnl
_changed(`confCHECK_ALIASES', `False')dnl
_changed(`confUSE_ERRORS_TO', `False')dnl
_changed(`confCON_EXPENSIVE', `False')dnl
_changed(`confSEVEN_BIT_INPUT', `False')dnl
_recorded`'dnl
