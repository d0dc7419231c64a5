divert(-1)
_plain()
_m4_define(`_USE_CLIENT_PTR_', `1')
