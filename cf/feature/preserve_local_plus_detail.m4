divert(-1)
_plain()
_m4_define(`_PRESERVE_LOCAL_PLUS_DETAIL_', `1')
