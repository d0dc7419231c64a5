divert(-1)
_feature()
_m4_define(`_LOOSE_RELAY_CHECK_', `1')
