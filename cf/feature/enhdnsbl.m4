divert(-1)
_feature()
_m4_define(`_EDNSBL_R_', `1')
