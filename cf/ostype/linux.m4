divert(-1)
_m4_define(`_found', `')
_m4_define(`confEBINDIR', `/usr/sbin')
dnl As sendmail's, which sets this in any case.
_m4_define(`PROCMAIL_MAILER_PATH', `/usr/bin/procmail')
FEATURE(`local_procmail')
