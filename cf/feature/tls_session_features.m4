divert(-1)
_feature(`tls_session_features')
