divert(-1)
dnl The program, its arguments, flags of the mailer.
_plain()
_m4_define(`LOCAL_MAILER_PATH', ifelse(defn(`_ARG_'), `', `ifdef(`PROCMAIL_MAILER_PATH', `PROCMAIL_MAILER_PATH', ``/usr/local/bin/procmail'')', `_ARG_'))
_m4_define(`LOCAL_MAILER_ARGS', ifelse(len(X`'_ARG2_), 1, ``procmail -a $h -d $u'', `_ARG2_'))
_m4_define(`LOCAL_MAILER_FLAGS', ifelse(len(X`'_ARG3_), 1, ``SPfhn9'', `_ARG3_'))
ifdef(`_LOCAL_LMTP_', `undefine(`_LOCAL_LMTP_')')
ifdef(`LOCAL_MAILER_DSN_DIAGNOSTIC_CODE', `undefine(`LOCAL_MAILER_DSN_DIAGNOSTIC_CODE')')
