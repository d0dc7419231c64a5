divert(-1)
_plain()
_m4_define(`_RELAY_ENTIRE_DOMAIN_', `1')
