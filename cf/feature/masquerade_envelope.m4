divert(-1)
_feature()
_m4_define(`_MASQUERADE_ENVELOPE_', `1')
