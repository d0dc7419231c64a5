divert(-1)
_plain()
_m4_define(`_RELAY_LOCAL_FROM_', `1')
