divert(-1)
# _arg1: the program; _arg2: its arguments; _arg3: flags of the mailer.
_feature(`local_procmail')
_m4_define(`LOCAL_MAILER_PATH', _or(defn(`_arg1'), `ifdef(`PROCMAIL_MAILER_PATH', `PROCMAIL_MAILER_PATH', ``/usr/local/bin/procmail'')'))
_m4_define(`LOCAL_MAILER_ARGS', _or(defn(`_arg2'), ``procmail -a $h -d $u''))
_m4_define(`LOCAL_MAILER_FLAGS', _or(defn(`_arg3'), ``SPfhn9''))
