divert(-1)
_m4_define(`_found', `')
_quietly(`MAIL11_MAILER_PATH', `/usr/etc/mail11')
_quietly(`MAIL11_MAILER_FLAGS', `nsFx')
_quietly(`MAIL11_MAILER_ARGS', `mail11 $g $x $h $u')
_begin()Mmail11, P=MAIL11_MAILER_PATH, F=_flags(`MAIL11', MAIL11_MAILER_FLAGS), T=DNS/X-DECnet/X-Unix,_group(`MAIL11_MAILER_QGRP') A=MAIL11_MAILER_ARGS
_end()
_line(`CPDECNET')
