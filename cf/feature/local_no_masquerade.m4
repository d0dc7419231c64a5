divert(-1)
_feature()
_m4_define(`_LOCAL_NO_MASQUERADE_', `1')
