divert(-1)
_feature()
_m4_define(`_ALWAYS_ADD_DOMAIN_', `1')
