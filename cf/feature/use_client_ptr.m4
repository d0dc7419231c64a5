divert(-1)
_feature()
_m4_define(`_USE_CLIENT_PTR_', `1')
