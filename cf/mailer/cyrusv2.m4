divert(-1)
_m4_define(`_found', `')
_quietly(`_DEF_CYRUSV2_MAILER_FLAGS', `lsDFMnqXz')
_quietly(`CYRUSV2_MAILER_FLAGS', `A@/:|m')
_quietly(`CYRUSV2_MAILER_ARGS', `FILE /var/run/cyrus/socket/lmtp')
_begin()Mcyrusv2, P=[IPC], F=_flags(`CYRUSV2', _DEF_CYRUSV2_MAILER_FLAGS`'CYRUSV2_MAILER_FLAGS), E=\r\n,_part(`m', `CYRUSV2_MAILER_MAXMSGS')_part(`r', `CYRUSV2_MAILER_MAXRCPTS')_part(`C', `CYRUSV2_MAILER_CHARSET') T=DNS/RFC822/SMTP,_group(`CYRUSV2_MAILER_QGRP') A=CYRUSV2_MAILER_ARGS
_end()
