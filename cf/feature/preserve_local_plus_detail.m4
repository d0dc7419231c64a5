divert(-1)
_feature()
_m4_define(`_PRESERVE_LOCAL_PLUS_DETAIL_', `1')
