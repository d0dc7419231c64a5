divert(-1)
_feature()
_m4_define(`_DNSBL_R_', `1')
