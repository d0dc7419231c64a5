divert(-1)
_feature()
_m4_define(`_LOOKUPDOTDOMAIN_', `1')
