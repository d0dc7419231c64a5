divert(-1)
_plain()
_m4_define(`_TLS_SESSION_FEATURES_', `1')
