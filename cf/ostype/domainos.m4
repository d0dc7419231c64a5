divert(-1)
_m4_define(`_found', `')
_default(`QUEUE_DIR', `/usr/spool/mqueue')
_m4_define(`confEBINDIR', `/usr/lib')
