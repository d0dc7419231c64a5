divert(-1)
_m4_define(`_found', `')
