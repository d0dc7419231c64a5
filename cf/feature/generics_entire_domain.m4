divert(-1)
_plain()
_m4_define(`_GENERICS_ENTIRE_DOMAIN_', `1')
