divert(-1)
_plain()
_m4_define(`_NO_PERCENTHACK_', `1')
