divert(-1)
_m4_define(`_found', `')
_quietly(`XAGENT_MAILER_PATH', `/usr/lib/xagent')
_quietly(`XAGENT_MAILER_FLAGS', `DFMueXLn')
_quietly(`XAGENT_MAILER_ARGS', `xagent $h $u')
_begin()Mxagent, P=XAGENT_MAILER_PATH, F=XAGENT_MAILER_FLAGS,_part(`M', `XAGENT_MAILER_MAX') T=DNS/RFC822/X-Unix, A=XAGENT_MAILER_ARGS, E=\n
_end()
