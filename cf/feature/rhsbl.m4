divert(-1)
_feature()
_m4_define(`_RHSBL_R_', `1')
