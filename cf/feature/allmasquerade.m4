divert(-1)
_plain()
_m4_define(`_ALL_MASQUERADE_', `1')
