divert(-1)
_m4_define(`_found', `')
_quietly(`POP_MAILER_PATH', `/usr/lib/mh/spop')
_quietly(`POP_MAILER_FLAGS', `Penu')
_quietly(`POP_MAILER_ARGS', `pop $u')
_begin()Mpop, P=POP_MAILER_PATH, F=_flags(`POP', `lsDFMq'POP_MAILER_FLAGS), T=DNS/RFC822/X-Unix,_group(`POP_MAILER_QGRP') A=POP_MAILER_ARGS
_end()
_line(`CPPOP')
