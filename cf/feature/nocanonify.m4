divert(-1)
_plain()
_m4_define(`_NO_CANONIFY_', `1')
