divert(-1)
_feature()
_m4_define(`_PRESERVE_LUSER_HOST_', `1')
