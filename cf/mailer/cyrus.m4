divert(-1)
_m4_define(`_found', `')
_quietly(`CYRUS_MAILER_PATH', `/usr/sbin/cyrdeliver')
_quietly(`CYRUS_MAILER_FLAGS', `Ah5@/:|')
_quietly(`CYRUS_MAILER_ARGS', `cyrdeliver -e -m $h -- $u')
_quietly(`CYRUS_MAILER_USER', `cyrus:mail')
_quietly(`CYRUS_BB_MAILER_FLAGS', `u')
_quietly(`CYRUS_BB_MAILER_ARGS', `cyrdeliver -e -m $u')
_begin()Mcyrus, P=CYRUS_MAILER_PATH, F=_flags(`CYRUS', `lsDFMnPq'CYRUS_MAILER_FLAGS),_part(`M', `CYRUS_MAILER_MAX') U=CYRUS_MAILER_USER, T=DNS/RFC822/X-Unix,_group(`CYRUS_MAILER_QGRP') A=CYRUS_MAILER_ARGS
_end()
_begin()Mcyrusbb, P=CYRUS_MAILER_PATH, F=_flags(`CYRUS', `lsDFMnP'CYRUS_BB_MAILER_FLAGS),_part(`M', `CYRUS_MAILER_MAX') U=CYRUS_MAILER_USER, T=DNS/RFC822/X-Unix,_group(`CYRUS_MAILER_QGRP') A=CYRUS_BB_MAILER_ARGS
_end()
