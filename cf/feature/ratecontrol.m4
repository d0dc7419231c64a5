divert(-1)
_feature()
_m4_define(`_RATE_CONTROL_', `1')
