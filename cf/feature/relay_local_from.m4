divert(-1)
_feature()
_m4_define(`_RELAY_LOCAL_FROM_', `1')
