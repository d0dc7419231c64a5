divert(-1)
_feature()
_m4_define(`_RELAY_MX_SERVED_', `1')
