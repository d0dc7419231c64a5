divert(-1)
_feature()
_m4_define(`_NO_MSA_', `1')
