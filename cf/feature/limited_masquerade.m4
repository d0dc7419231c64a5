divert(-1)
_feature()
_m4_define(`_LIMITED_MASQUERADE_', `1')
