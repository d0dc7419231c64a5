divert(-1)
_plain()
_m4_define(`_LIMITED_MASQUERADE_', `1')
