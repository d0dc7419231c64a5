divert(-1)
_m4_define(`_found', `')
_quietly(`USENET_MAILER_PATH', `/usr/lib/news/inews')
_quietly(`USENET_MAILER_FLAGS', `rsDFMmn')
_quietly(`USENET_MAILER_ARGS', `inews -m -h -n')
_begin()Musenet, P=USENET_MAILER_PATH, F=_flags(`USENET', USENET_MAILER_FLAGS),_part(`M', `USENET_MAILER_MAX') T=X-Usenet/X-Usenet/X-Unix,_group(`USENET_MAILER_QGRP') A=USENET_MAILER_ARGS $u
_end()
