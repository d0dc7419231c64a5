divert(-1)
_m4_define(`_found', `')
_quietly(`QPAGE_MAILER_PATH', `/usr/local/bin/qpage')
_quietly(`QPAGE_MAILER_FLAGS', `mDFMs')
_quietly(`QPAGE_MAILER_ARGS', `qpage -l0 -m -P$u')
_quietly(`QPAGE_MAILER_MAX', `4096')
_begin()Mqpage, P=QPAGE_MAILER_PATH, F=_flags(`QPAGE', QPAGE_MAILER_FLAGS), M=QPAGE_MAILER_MAX, T=DNS/RFC822/X-Unix,_group(`QPAGE_MAILER_QGRP') A=QPAGE_MAILER_ARGS
_end()
