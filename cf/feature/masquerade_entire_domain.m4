divert(-1)
_plain()
_m4_define(`_MASQUERADE_ENTIRE_DOMAIN_', `1')
