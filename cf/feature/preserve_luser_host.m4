divert(-1)
_plain()
_m4_define(`_PRESERVE_LUSER_HOST_', `1')
