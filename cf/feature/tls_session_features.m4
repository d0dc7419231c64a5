divert(-1)
_feature()
_m4_define(`_TLS_SESSION_FEATURES_', `1')
