divert(-1)
_feature()
_m4_define(`_GENERICS_ENTIRE_DOMAIN_', `1')
