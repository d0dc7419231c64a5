divert(-1)
_feature()
_m4_define(`_BADMX_CHK_', `1')
