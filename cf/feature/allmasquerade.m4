divert(-1)
_feature()
_m4_define(`_ALL_MASQUERADE_', `1')
