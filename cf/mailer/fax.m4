divert(-1)
_m4_define(`_found', `')
_quietly(`FAX_MAILER_ARGS', `faxmail -d $u@$h $f')
_quietly(`FAX_MAILER_PATH', `/usr/bin/faxmail')
_quietly(`FAX_MAILER_MAX', `100000')
_begin()Mfax, P=FAX_MAILER_PATH, F=DFMhu, M=FAX_MAILER_MAX, T=X-Phone/X-FAX/X-Unix,_group(`FAX_MAILER_QGRP') A=FAX_MAILER_ARGS
_end()
_line(`CPFAX')
