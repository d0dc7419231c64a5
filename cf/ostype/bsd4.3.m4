divert(-1)
_m4_define(`_found', `')
_default(`QUEUE_DIR', `/usr/spool/mqueue')
_quietly(`UUCP_MAILER_ARGS', `uux - -r -z -a$g $h!rmail ($u)')
