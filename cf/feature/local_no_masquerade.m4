divert(-1)
_plain()
_m4_define(`_LOCAL_NO_MASQUERADE_', `1')
