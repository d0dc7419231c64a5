divert(-1)
_plain()
_m4_define(`_MASQUERADE_ENVELOPE_', `1')
