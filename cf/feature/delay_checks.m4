divert(-1)
_feature()
_m4_define(`_DELAY_CHECKS_', `1')
