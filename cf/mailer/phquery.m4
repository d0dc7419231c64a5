divert(-1)
_m4_define(`_found', `')
_quietly(`PH_MAILER_PATH', `/usr/local/etc/phquery')
_quietly(`PH_MAILER_FLAGS', `ehmu')
_quietly(`PH_MAILER_ARGS', `phquery -- $u')
_begin()Mph, P=PH_MAILER_PATH, F=_flags(`PH', `nrDFM'PH_MAILER_FLAGS), T=DNS/RFC822/X-Unix,_group(`PH_MAILER_QGRP') A=PH_MAILER_ARGS
_end()
