divert(-1)
_plain()
_m4_define(`_PROMISCUOUS_RELAY_', `1')
