divert(-1)
_plain()
_m4_define(`_LOOSE_RELAY_CHECK_', `1')
