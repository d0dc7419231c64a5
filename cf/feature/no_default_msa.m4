divert(-1)
_m4_define(`_no_default_msa', `')
_feature(`no_default_msa')
