divert(-1)
_m4_define(`_found', `')
_m4_define(`confEBINDIR', `/usr/lib')
