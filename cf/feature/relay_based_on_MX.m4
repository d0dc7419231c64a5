divert(-1)
_plain()
_m4_define(`_RELAY_MX_SERVED_', `1')
