divert(-1)
_feature()
_m4_define(`_CONN_CONTROL_', `1')
