divert(-1)
_feature()
_m4_define(`_MASQUERADE_ENTIRE_DOMAIN_', `1')
