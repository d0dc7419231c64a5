divert(-1)
_feature()
_m4_define(`_STICKY_LOCAL_DOMAIN_', `1')
