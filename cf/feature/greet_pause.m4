divert(-1)
_feature()
_m4_define(`_GREET_PAUSE_', `1')
