divert(-1)
_feature()
_m4_define(`_PROMISCUOUS_RELAY_', `1')
