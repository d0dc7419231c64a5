divert(-1)
_m4_define(`_found', `')
_quietly(`LOCAL_MAILER_FLAGS', `fSn9')
_m4_define(`confEBINDIR', `/usr/lib')
