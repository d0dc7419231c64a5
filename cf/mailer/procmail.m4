divert(-1)
_m4_define(`_found', `')
_quietly(`PROCMAIL_MAILER_PATH', ifdef(`PROCMAIL_PATH', `defn(`PROCMAIL_PATH')', ``/usr/local/bin/procmail''))
_quietly(`PROCMAIL_MAILER_FLAGS', `SPhnu9')
_quietly(`PROCMAIL_MAILER_ARGS', `procmail -Y -m $h $f $u')
_begin()Mprocmail, P=PROCMAIL_MAILER_PATH, F=_flags(`PROCMAIL', `DFM'PROCMAIL_MAILER_FLAGS),_part(`M', `PROCMAIL_MAILER_MAX') T=DNS/RFC822/X-Unix,_group(`PROCMAIL_MAILER_QGRP') A=PROCMAIL_MAILER_ARGS
_end()
